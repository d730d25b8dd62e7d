package io.flotilla.node.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a file is like that was allocated ahead. */
class BlocksTest {
    private static final int FILE_BYTES = 16 << 20;
    private static final int PAGE_BYTES = 4_096;
    private static final int APPENDS = 200;

    /** A page each, and what other threads of this process write meanwhile; a piece of the file would be 32 pages at least. */
    private static final long PAGES_EACH_MAX = 8;

    @TempDir
    Path directory;

    @Test
    @EnabledOnOs(OS.LINUX)
    void aForcedAppendThroughAMappingWritesItsPageAndNotWhatLiesAroundIt() throws IOException {
        Path file = directory.resolve("file");
        Blocks.allocate(file, FILE_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.force(true);
            MappedByteBuffer mapping = channel.map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES);
            byte[] page = new byte[PAGE_BYTES];
            page[0] = 1;
            long before = writtenBytes();
            for (int i = 0; i < APPENDS; i++) {
                mapping.put(i * PAGE_BYTES, page);
                mapping.force(i * PAGE_BYTES, PAGE_BYTES);
            }
            assertThat((writtenBytes() - before) / PAGE_BYTES / APPENDS).isLessThanOrEqualTo(PAGES_EACH_MAX);
        }
    }

    /** Of this process, as the kernel counts pages that become dirty. */
    private static long writtenBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
            if (line.startsWith("write_bytes: ")) {
                return Long.parseLong(line.substring("write_bytes: ".length()));
            }
        }
        throw new IOException("no write_bytes in /proc/self/io");
    }
}
