package io.flotilla.node.log;

import static io.flotilla.node.log.LogFixture.SMALL;
import static io.flotilla.node.log.LogFixture.append;
import static io.flotilla.node.log.LogFixture.causeOf;
import static io.flotilla.node.log.LogFixture.contents;
import static io.flotilla.node.log.LogFixture.submit;
import static io.flotilla.node.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a failed sync is final. Method: a sync that fails on demand. */
class LogFailureTest {
    @TempDir
    Path directory;

    private final AtomicBoolean broken = new AtomicBoolean();
    private final AtomicInteger syncs = new AtomicInteger();
    private final QueueFile.Sync sync = channel -> {
        syncs.incrementAndGet();
        if (broken.get()) {
            throw new IOException("injected");
        }
        channel.force(false);
    };

    @Test
    void aFailedSyncIsNeverRetriedAndEverythingLaterFailsToo() throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory, SMALL, sync)) {
            write(log, 1, append(1, 1, 1));
            broken.set(true);
            assertThat(causeOf(submit(log, 1, append(2, 2, 1)))).hasMessage("injected");
            broken.set(false);
            int before = syncs.get();
            assertThat(causeOf(submit(log, 2, append(1, 1, 1)))).hasMessage("injected");
            assertThat(syncs).hasValue(before);
            assertThat(log.view(1).lastIndex()).isEqualTo(1);
        }
    }

    @Test
    void aFaultInMappedMemoryFailsTheLogLikeAnIoError() throws IOException {
        AtomicBoolean fault = new AtomicBoolean();
        try (ChronicleLog log = new ChronicleLog(directory, SMALL, channel -> {
            if (fault.get()) {
                throw new InternalError("a fault occurred in an unsafe memory access operation");
            }
        })) {
            fault.set(true);
            assertThat(causeOf(submit(log, 1, append(1, 1, 1)))).hasRootCauseInstanceOf(InternalError.class);
        }
    }

    @Test
    void aDiskThatFailsAtTheStartRefusesTheOpeningAndLeavesTheDirectoryFree() throws IOException {
        broken.set(true);
        assertThatThrownBy(() -> new ChronicleLog(directory, SMALL, sync)).hasMessage("injected");
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            write(log, 1, append(1, 1, 1));
            assertThat(contents(log.view(1))).containsExactly("1:1");
        }
    }

    @Test
    void aThousandWritesThatWaitTogetherNeedFewSyncs() throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory, SMALL, sync)) {
            int before = syncs.get();
            for (int i = 1; i <= 1_000; i++) {
                submit(log, i, append(1, 1, 1));
            }
            write(log, 1_001, append(1, 1, 1));
            assertThat(syncs.get() - before).isLessThan(200);
        }
    }

    @Test
    void noTelemetryIsOnTheClassPath() {
        assertThatThrownBy(() -> Class.forName("net.openhft.chronicle.analytics.Analytics"))
                .isInstanceOf(ClassNotFoundException.class);
    }
}
