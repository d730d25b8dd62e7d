package io.flotilla.node.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a file is like that was allocated ahead. */
class BlocksTest {
    private static final int FILE_BYTES = 1 << 20;
    private static final int PAGE_BYTES = 4_096;
    private static final int APPENDS = 100;
    private static final int FILES = 5;

    /** For what other threads of this process write meanwhile; a piece of the file would be 32 pages at least. */
    private static final long PAGES_MORE_MAX = 8;

    private static final byte[] PAGE = new byte[PAGE_BYTES];

    @TempDir
    Path directory;

    /** Compared with a forced write of a page, for file systems differ; in the median, for the machine may take a file's pages away at any time. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aForcedAppendThroughAMappingWritesItsPageAndNotWhatLiesAroundIt() throws IOException {
        assumeThat(Path.of("/proc/self/io")).isReadable();
        List<Long> more = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            more.add(mapped(directory.resolve("mapped" + i)) - written(directory.resolve("written" + i)));
        }
        more.sort(null);
        assertThat(more.get(FILES / 2)).as("pages per append, %s", more).isLessThanOrEqualTo(PAGES_MORE_MAX);
    }

    @Test
    void aUsersQuotaThatIsUsedUpIsLackOfRoom() {
        assertThat(Blocks.failure(28, "a file")).isInstanceOf(NoSpaceException.class);
        assertThat(Blocks.failure(122, "a file"))
                .isInstanceOf(NoSpaceException.class)
                .hasMessageContaining("quota");
        assertThat(Blocks.failure(5, "a file"))
                .isNotInstanceOf(NoSpaceException.class)
                .hasMessageContaining("error 5");
        assertThat(Blocks.failure(24, "a file"))
                .isNotInstanceOf(NoSpaceException.class)
                .hasMessageContaining("too many open files");
    }

    /** Pages per append. */
    private static long mapped(Path file) throws IOException {
        Blocks.allocate(file, FILE_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.force(true);
            MappedByteBuffer mapping = channel.map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES);
            long before = writtenBytes();
            for (int i = 0; i < APPENDS; i++) {
                mapping.put(i * PAGE_BYTES, PAGE);
                mapping.force(i * PAGE_BYTES, PAGE_BYTES);
            }
            return (writtenBytes() - before) / PAGE_BYTES / APPENDS;
        }
    }

    private static long written(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long before = writtenBytes();
            for (int i = 0; i < APPENDS; i++) {
                channel.write(ByteBuffer.wrap(PAGE), (long) i * PAGE_BYTES);
                channel.force(false);
            }
            return (writtenBytes() - before) / PAGE_BYTES / APPENDS;
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
