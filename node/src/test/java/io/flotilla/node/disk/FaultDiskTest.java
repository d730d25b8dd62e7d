package io.flotilla.node.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Faults by a file, as real processes are given them. */
class FaultDiskTest {
    @TempDir
    private Path directory;

    private Path fault;
    private Disk disk;

    @BeforeEach
    void make() {
        fault = directory.resolve("fault");
        disk = new FaultDisk(new RealDisk(), () -> FaultDisk.read(fault));
    }

    @Test
    void withoutAFaultItIsTheRealDisk() throws IOException {
        Path file = directory.resolve("file");
        disk.allocate(file, 8192);
        try (DiskFile open = disk.open(file)) {
            open.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 100);
            open.beforeStore();
            open.force();
            open.force(100, 103);
        }
        assertThat(Files.size(file)).isEqualTo(8192);
        assertThat(Files.readAllBytes(file)).containsSequence(0, 1, 2, 3, 0);
        disk.rename(file, directory.resolve("other"));
        disk.delete(directory.resolve("other"));
        assertThat(disk.usableBytes(directory)).isPositive();
        assertThat(Disk.ofThisProcess()).isInstanceOf(QuotaDisk.class);
    }

    @Test
    void nothingReturnsFromAStalledDiskUntilItIsWellAgain() throws Exception {
        try (DiskFile file = disk.open(directory.resolve("file"))) {
            Files.createFile(fault);
            CompletableFuture<Void> stalled = CompletableFuture.runAsync(() -> force(file));
            assertThatThrownBy(() -> stalled.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            Files.delete(fault);
            stalled.get(60, TimeUnit.SECONDS);
        }
    }

    private static void force(DiskFile file) {
        try {
            file.force();
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Test
    void syncsFail() throws IOException {
        try (DiskFile file = disk.open(directory.resolve("file"))) {
            Files.writeString(fault, "sync-error\n");
            file.write(ByteBuffer.allocate(1), 0);
            assertThatThrownBy(file::force).isInstanceOf(IOException.class).hasMessageContaining("Input/output error");
            assertThatThrownBy(() -> file.force(0, 1)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> disk.forceDirectory(directory)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void writesFail() throws IOException {
        try (DiskFile file = disk.open(directory.resolve("file"))) {
            Files.writeString(fault, "write-error");
            assertThatThrownBy(() -> file.write(ByteBuffer.allocate(1), 0)).isInstanceOf(IOException.class);
            assertThatThrownBy(file::beforeStore).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> disk.allocate(directory.resolve("more"), 1))
                    .isInstanceOf(IOException.class);
            file.force();
        }
    }

    @Test
    void aFullDiskAllocatesNothingAndSaysThatNoSpaceIsLeft() throws IOException {
        Files.writeString(fault, "full");
        assertThat(disk.usableBytes(directory)).isZero();
        assertThatThrownBy(() -> disk.allocate(directory.resolve("more"), 1)).isInstanceOf(NoSpaceException.class);
        assertThat(directory.resolve("more")).doesNotExist();
        Files.delete(fault);
        disk.allocate(directory.resolve("more"), 1);
    }

    @Test
    void aWordThatNamesNoFaultIsNoFaultThatIsPassedOver() throws IOException {
        Files.writeString(fault, "on fire");
        assertThatThrownBy(() -> disk.forceDirectory(directory)).isInstanceOf(IllegalArgumentException.class);
    }
}
