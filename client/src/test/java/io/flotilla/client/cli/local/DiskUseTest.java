package io.flotilla.client.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskUseTest {
    @TempDir
    Path directory;

    @Test
    void allocatedBlocksCountAndNotTheLengthOfAFile() throws IOException, InterruptedException {
        Path full = Files.createDirectory(directory.resolve("full"));
        Path sparse = Files.createDirectory(directory.resolve("sparse"));
        try (RandomAccessFile file = new RandomAccessFile(full.resolve("file").toFile(), "rw")) {
            // Of nothing that a file system could leave out, and forced: some give blocks only when they must.
            byte[] content = new byte[1 << 20];
            new Random(1).nextBytes(content);
            file.write(content);
            file.getChannel().force(true);
        }
        try (RandomAccessFile file = new RandomAccessFile(sparse.resolve("file").toFile(), "rw")) {
            file.setLength(1L << 30);
        }
        List<Long> use = DiskUse.of(List.of(full, sparse, directory.resolve("missing")));
        assertThat(use.get(0)).isGreaterThanOrEqualTo(1 << 20);
        assertThat(use.get(1)).isLessThan(1 << 20);
        assertThat(use.get(2)).isZero();
    }
}
