package io.flotilla.node.disk;

import com.sun.jna.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Gives files their real blocks before anything is mapped: a full disk is then an error here and not a memory fault in an append.
 *
 * <p>Allocating without writing zeros costs no I/O, and a forced append into such blocks was measured to take as long as one into zeros.
 *
 * <p>HAZARD: newer kernels keep files in memory by pieces larger than a page, up to 1 MiB, as large as they were read or written. A store through a mapping makes
 * the whole piece dirty, and each forced append then writes all of it: 25 times what was appended was measured. So the file is read once here, page by page,
 * without reading ahead, which costs no I/O either and leaves pieces of one page. They stay as long as there is memory; without them nothing is wrong but slow.
 */
final class Blocks {
    private static final int OPEN_READ_WRITE_CREATE = 0x42; // O_RDWR | O_CREAT on Linux
    private static final int OPEN_READ_WRITE = 0x2;
    private static final int MODE_OWNER = 0x180; // 0600
    private static final int PUNCH_HOLE_KEEP_SIZE = 3; // FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;
    private static final int ENOSPC = 28;
    private static final int EDQUOT = 122;
    private static final int ADVICE_RANDOM = 1; // POSIX_FADV_RANDOM
    private static final long PAGE_BYTES = 4_096;
    private static final int ZEROS_BYTES = 1 << 20;
    static final boolean NATIVE = isNative();

    private Blocks() {}

    /** Direct mapping to the C library. */
    private static final class Libc {
        static {
            Native.register(Libc.class, "c");
        }

        static native int open(String path, int flags, int mode);

        static native int close(int fd);

        static native int posix_fallocate(int fd, long offset, long length);

        static native int posix_fadvise(int fd, long offset, long length, int advice);

        static native long pread(int fd, byte[] to, long count, long offset);

        static native int fallocate(int fd, int mode, long offset, long length);
    }

    private static boolean isNative() {
        if (!"Linux".equals(System.getProperty("os.name"))) {
            return false;
        }
        try {
            Libc.close(-1);
            return true;
        } catch (LinkageError e) {
            return false;
        }
    }

    /** Makes a file with {@code bytes} of zeros that are really there; not durable. */
    static void allocate(Path file, long bytes) throws IOException {
        if (NATIVE) {
            allocateNatively(file, bytes);
        } else {
            fillWithZeros(file, bytes);
        }
    }

    private static void allocateNatively(Path file, long bytes) throws IOException {
        int fd = Libc.open(file.toString(), OPEN_READ_WRITE_CREATE, MODE_OWNER);
        if (fd < 0) {
            throw new IOException("cannot create " + file + ": " + describe(Native.getLastError()));
        }
        try {
            int error = Libc.posix_fallocate(fd, 0, bytes);
            if (error != 0) {
                throw failure(error, bytes + " bytes of " + file);
            }
            readByPages(fd, bytes);
        } finally {
            Libc.close(fd);
        }
    }

    /** A user's quota that is used up is lack of room like any other: nothing was changed, and there may be more later. */
    static IOException failure(int error, String what) {
        return switch (error) {
            case ENOSPC -> new NoSpaceException("no space left on the device for " + what);
            case EDQUOT -> new NoSpaceException("no space left in the disk quota for " + what);
            default -> new IOException("cannot allocate " + what + ": " + describe(error));
        };
    }

    private static String describe(int error) {
        return error == EMFILE || error == ENFILE
                ? "too many open files; the limit (ulimit -n, or that of the system) is too low"
                : "error " + error;
    }

    private static void readByPages(int fd, long bytes) {
        if (Libc.posix_fadvise(fd, 0, bytes, ADVICE_RANDOM) == 0) {
            byte[] one = new byte[1];
            for (long at = 0; at < bytes; at += PAGE_BYTES) {
                Libc.pread(fd, one, one.length, at);
            }
        }
    }

    private static void fillWithZeros(Path file, long bytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long at = 0;
            while (at < bytes) {
                zeros.clear().limit((int) Math.min(ZEROS_BYTES, bytes - at));
                at += channel.write(zeros, at);
            }
        }
    }

    /** Gives back the blocks behind {@code from}, which nobody will write to again. The file keeps its length; if it fails, only space is lost. */
    static void release(Path file, long from, long bytes) {
        if (!NATIVE || bytes <= 0) {
            return;
        }
        int fd = Libc.open(file.toString(), OPEN_READ_WRITE, MODE_OWNER);
        if (fd >= 0) {
            Libc.fallocate(fd, PUNCH_HOLE_KEEP_SIZE, from, bytes);
            Libc.close(fd);
        }
    }
}
