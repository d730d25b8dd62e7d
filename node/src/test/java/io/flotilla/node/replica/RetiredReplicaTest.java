package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.BehaviorTestKit;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A replica that was removed and is not destroyed yet, which may take as long as the installing of a snapshot. */
class RetiredReplicaTest {
    private static final ReplicaActor.Door DOOR = new IdleDoor(failure -> {
        throw new AssertionError(failure);
    });

    /** Whoever asks all replicas of a store waits for the answers of all. */
    @Test
    void itStillSaysHowItIs() {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
        lab.lead(1);
        BehaviorTestKit<ReplicaActor.Command> actor =
                BehaviorTestKit.create(ReplicaActor.create(() -> lab.node(1).replica, DOOR, Runnable::run));
        actor.run(new ReplicaActor.Retire(() -> {}));
        List<ReplicaReport> reports = new ArrayList<>();
        actor.run(new ReplicaActor.Inspect(reports::add));
        assertThat(reports)
                .singleElement()
                .satisfies(report -> assertThat(report.leaseholder()).isFalse());
    }
}
