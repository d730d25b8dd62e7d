package io.flotilla.node.replica;

import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.DiskFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Where the stores of a {@link TxnWorld} put snapshots that arrive. Nothing there outlives the world, so nothing is synced. */
final class TxnDisk implements Disk {
    private final Path root;

    /** @param root made when it is needed */
    TxnDisk(Path root) {
        this.root = root;
    }

    Path directory(int node) {
        return root.resolve("node-" + node);
    }

    void delete() {
        if (Files.exists(root)) {
            try (Stream<Path> all = Files.walk(root)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    /** The store has lost all that it had. */
    void lose(int node) throws IOException {
        if (Files.exists(directory(node))) {
            try (Stream<Path> all = Files.list(directory(node))) {
                List<Path> files = all.toList();
                for (Path each : files) {
                    Files.delete(each);
                }
            }
        }
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        return new DiskFile() {
            @Override
            public FileChannel channel() {
                return channel;
            }

            @Override
            public void write(ByteBuffer bytes, long at) throws IOException {
                long next = at;
                while (bytes.hasRemaining()) {
                    next += channel.write(bytes, next);
                }
            }

            @Override
            public void beforeStore() {
                // Nothing is mapped.
            }

            @Override
            public void force() {
                // Nobody cuts the power of the machine that simulates.
            }

            @Override
            public void force(long from, long to) {
                // As above.
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    @Override
    public void allocate(Path file, long bytes) {
        throw new UnsupportedOperationException("no log is here");
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.delete(file);
    }

    @Override
    public void release(Path file, long from) {
        throw new UnsupportedOperationException("no log is here");
    }

    @Override
    public void forceDirectory(Path directory) {
        // As for files.
    }

    @Override
    public long usableBytes(Path directory) {
        return Long.MAX_VALUE;
    }
}
