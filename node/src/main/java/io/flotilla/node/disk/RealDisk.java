package io.flotilla.node.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The file system. */
public final class RealDisk implements Disk {
    /** The C library's words for EDQUOT. */
    private static final String QUOTA_EXCEEDED = "quota exceeded";

    @Override
    public DiskFile open(Path file) throws IOException {
        return new RealFile(
                file,
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE));
    }

    @Override
    public void allocate(Path file, long bytes) throws IOException {
        Files.deleteIfExists(file);
        try {
            Blocks.allocate(file, bytes);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        } catch (NoSpaceException full) {
            // What was allocated of it is no use to anybody, and others may need it.
            Files.deleteIfExists(file);
            throw full;
        }
        forceDirectory(parent(file));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        forceDirectory(parent(to));
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.delete(file);
        forceDirectory(parent(file));
    }

    @Override
    public void release(Path file, long from) throws IOException {
        Blocks.release(file, from, Files.size(file) - from);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        // One call of the operating system; a FileStore reads all its mounts first.
        long usable = directory.toFile().getUsableSpace();
        if (usable == 0 && !Files.isDirectory(directory)) {
            throw new NoSuchFileException(directory.toString());
        }
        return usable;
    }

    private static Path parent(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? file.toAbsolutePath() : parent;
    }

    private static final class RealFile implements DiskFile {
        private final Path name;
        private final FileChannel channel;

        /** Made when a part of the file is forced for the first time. */
        private @Nullable SyncedMapping mapping;

        RealFile(Path name, FileChannel channel) {
            this.name = name;
            this.channel = channel;
        }

        @Override
        public FileChannel channel() {
            return channel;
        }

        @Override
        public void write(ByteBuffer bytes, long at) throws IOException {
            long position = at;
            try {
                while (bytes.hasRemaining()) {
                    position += channel.write(bytes, position);
                }
            } catch (IOException failed) {
                // Java does not say which error it was, but in words; what is left of a quota nobody else says.
                String said = String.valueOf(failed.getMessage());
                if (said.contains(QUOTA_EXCEEDED) || name.toFile().getUsableSpace() < bytes.remaining()) {
                    throw new NoSpaceException(
                            "no space left on the device for " + bytes.remaining() + " bytes of " + name);
                }
                throw failed;
            }
        }

        @Override
        public void beforeStore() {}

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public void force(long from, long to) throws IOException {
            SyncedMapping known = mapping;
            if (known == null && SyncedMapping.isPossible()) {
                known = SyncedMapping.of(name, channel.size());
                mapping = known;
            }
            if (known == null || to > known.bytes()) {
                channel.force(false);
            } else {
                known.sync(from, to);
            }
        }

        @Override
        public void close() throws IOException {
            SyncedMapping known = mapping;
            mapping = null;
            if (known != null) {
                known.close();
            }
            channel.close();
        }
    }
}
