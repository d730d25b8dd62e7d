package io.flotilla.node.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StallableSyncTest {
    @TempDir
    private Path directory;

    @Test
    void aSyncWaitsWhileTheFileIsThereAndIsThenDone() throws Exception {
        Path stall = directory.resolve("stall");
        AtomicInteger synced = new AtomicInteger();
        StallableSync sync = new StallableSync(stall, channel -> synced.incrementAndGet());
        try (FileChannel channel =
                FileChannel.open(directory.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            sync.force(channel);
            assertThat(synced).hasValue(1);

            Files.createFile(stall);
            CompletableFuture<Void> stalled = CompletableFuture.runAsync(() -> {
                try {
                    sync.force(channel);
                } catch (IOException impossible) {
                    throw new AssertionError(impossible);
                }
            });
            assertThatThrownBy(() -> stalled.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            assertThat(synced).hasValue(1);

            Files.delete(stall);
            stalled.get(10, TimeUnit.SECONDS);
            assertThat(synced).hasValue(2);
        }
    }

    @Test
    void withoutThePropertyTheSyncIsTheRealOne() {
        assertThat(StallableSync.ofThisProcess()).isSameAs(QueueFile.Sync.REAL);
    }
}
