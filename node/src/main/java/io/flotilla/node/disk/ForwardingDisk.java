package io.flotilla.node.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Another disk, with a place to put something before each write and around each force of a file. */
public class ForwardingDisk implements Disk {
    protected final Disk real;

    protected ForwardingDisk(Disk real) {
        this.real = real;
    }

    /** In front of the real one. */
    protected ForwardingDisk() {
        this(new RealDisk());
    }

    protected void beforeWrite(Path file) throws IOException {}

    protected void beforeForce(Path file) throws IOException {}

    protected void afterForce(Path file, long from, long to) throws IOException {}

    @Override
    public DiskFile open(Path file) throws IOException {
        return new ForwardingFile(file, real.open(file));
    }

    @Override
    public void allocate(Path file, long bytes) throws IOException {
        real.allocate(file, bytes);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        real.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        real.delete(file);
    }

    @Override
    public void release(Path file, long from) throws IOException {
        real.release(file, from);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        real.forceDirectory(directory);
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        return real.usableBytes(directory);
    }

    private final class ForwardingFile implements DiskFile {
        private final Path name;
        private final DiskFile file;

        ForwardingFile(Path name, DiskFile file) {
            this.name = name;
            this.file = file;
        }

        @Override
        public FileChannel channel() {
            return file.channel();
        }

        @Override
        public void write(ByteBuffer bytes, long at) throws IOException {
            beforeWrite(name);
            file.write(bytes, at);
        }

        @Override
        public void beforeStore() throws IOException {
            beforeWrite(name);
            file.beforeStore();
        }

        @Override
        public void force() throws IOException {
            beforeForce(name);
            file.force();
            afterForce(name, 0, Long.MAX_VALUE);
        }

        @Override
        public void force(long from, long to) throws IOException {
            beforeForce(name);
            file.force(from, to);
            afterForce(name, from, to);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
