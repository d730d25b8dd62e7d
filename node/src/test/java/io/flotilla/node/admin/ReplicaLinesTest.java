package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.settings.Limits;
import io.flotilla.node.replica.QuorumWatch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaLinesTest {
    /** What is longer than a frame never arrives, and its node would count as one that does not answer. */
    @Test
    void theLinesOfANodeWithVeryManyReplicasFitAFrameAndArriveAsTheyWere() {
        List<AdminCalls.ReplicaLine> lines = new ArrayList<>();
        for (int range = 1; range <= 150_000; range++) {
            lines.add(new AdminCalls.ReplicaLine(
                    range, range % 7, range % 3 == 0, true, 20, QuorumWatch.Progress.FLOWING, range % 2 == 0));
        }
        byte[] payload = AdminCalls.encode(lines);
        assertThat(payload.length).isLessThan(Limits.FRAME_BYTES_MAX);
        assertThat(AdminCalls.decode(payload)).isEqualTo(lines);
    }
}
