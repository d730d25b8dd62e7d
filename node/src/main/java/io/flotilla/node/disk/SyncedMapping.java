package io.flotilla.node.disk;

import com.sun.jna.Native;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A file's pages, to be made durable in part: {@code msync} of a shared mapping goes the way of {@code fdatasync} in the kernel, errors included, but leaves
 * pages alone that are not asked for. Which of the process's mappings or writes made a page dirty does not matter.
 *
 * <p>Threading: one thread at a time.
 */
final class SyncedMapping implements AutoCloseable {
    private static final int OPEN_READ_WRITE = 0x2; // O_RDWR on Linux
    private static final int PROT_READ = 1;
    private static final int MAP_SHARED = 1;
    private static final int MS_SYNC = 4;
    private static final long FAILED = -1;
    private static final long PAGE_BYTES = 4096;

    private final Path file;
    private final long address;
    private final long bytes;

    /** Direct mapping to the C library of 64-bit Linux. */
    private static final class Libc {
        static {
            Native.register(Libc.class, "c");
        }

        static native int open(String path, int flags);

        static native int close(int fd);

        static native long mmap(long address, long length, int protection, int flags, int fd, long offset);

        static native int msync(long address, long length, int flags);

        static native int munmap(long address, long length);

        static native int getpagesize();
    }

    private SyncedMapping(Path file, long address, long bytes) {
        this.file = file;
        this.address = address;
        this.bytes = bytes;
    }

    /** Whether this system's {@code msync} is known to be as good as a force. */
    static boolean isPossible() {
        return Blocks.NATIVE && Native.POINTER_SIZE == Long.BYTES && Libc.getpagesize() == PAGE_BYTES;
    }

    static SyncedMapping of(Path file, long bytes) throws IOException {
        int fd = Libc.open(file.toString(), OPEN_READ_WRITE);
        if (fd < 0) {
            throw new IOException("cannot open " + file + ": error " + Native.getLastError());
        }
        try {
            long address = Libc.mmap(0, bytes, PROT_READ, MAP_SHARED, fd, 0);
            if (address == FAILED) {
                throw new IOException("cannot map " + file + ": error " + Native.getLastError());
            }
            return new SyncedMapping(file, address, bytes);
        } finally {
            Libc.close(fd);
        }
    }

    long bytes() {
        return bytes;
    }

    /** On return all between the two positions is durable. */
    void sync(long from, long to) throws IOException {
        long start = from & -PAGE_BYTES;
        if (Libc.msync(address + start, to - start, MS_SYNC) != 0) {
            throw new IOException("cannot sync " + file + ": error " + Native.getLastError());
        }
    }

    @Override
    public void close() {
        Libc.munmap(address, bytes);
    }
}
