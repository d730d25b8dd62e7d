package io.flotilla.node.cluster;

import com.sun.jna.Native;
import com.sun.jna.ptr.IntByReference;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * An ext4 file system of its own in a file, mounted at a directory, whose power can be cut: it is shut down without writing its journal out, so that all that
 * was not synced is gone, mapped pages and names included, as if the machine had lost its power.
 */
final class LoopMount implements AutoCloseable {
    private static final int SHUTDOWN = 0x8004_587D; // EXT4_IOC_SHUTDOWN
    private static final int WITHOUT_WRITING_THE_JOURNAL = 2; // EXT4_GOING_FLAGS_NOLOGFLUSH
    private static final int TRIES = 100;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Path image;
    private final Path mountPoint;

    /** Direct mapping to the C library. */
    private static final class Libc {
        static {
            Native.register(Libc.class, "c");
        }

        static native int open(String path, int flags);

        static native int close(int fd);

        static native int ioctl(int fd, int request, IntByReference argument);
    }

    private LoopMount(Path image, Path mountPoint) {
        this.image = image;
        this.mountPoint = mountPoint;
    }

    /** Makes and mounts one of that size; its file is sparse. */
    static LoopMount at(Path mountPoint, Path image, long bytes) throws IOException, InterruptedException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        run("mkfs.ext4", "-q", "-F", image.toString());
        Files.createDirectories(mountPoint);
        LoopMount made = new LoopMount(image, mountPoint);
        made.mount();
        return made;
    }

    /** Why there can be none here, if so. */
    static Optional<String> missing(Path directory) throws InterruptedException {
        if (!"root".equals(System.getProperty("user.name"))) {
            return Optional.of("only root may mount file systems");
        }
        if (!Files.exists(Path.of("/dev/loop-control"))) {
            return Optional.of("there are no loop devices");
        }
        try (LoopMount probe = at(directory.resolve("probe"), directory.resolve("probe.img"), 16L << 20)) {
            Files.writeString(probe.mountPoint.resolve("file"), "never synced");
            probe.cutPower();
            probe.unmount();
            probe.mount();
            return Files.exists(probe.mountPoint.resolve("file"))
                    ? Optional.of("a file system that is shut down keeps what was not synced")
                    : Optional.empty();
        } catch (IOException cannot) {
            return Optional.of(String.valueOf(cannot.getMessage()));
        }
    }

    private void mount() throws IOException, InterruptedException {
        run("mount", "-o", "loop", image.toString(), mountPoint.toString());
    }

    /** From now on nothing gets to the disk, and whoever uses it is told of errors. */
    void cutPower() throws IOException {
        int directory = Libc.open(mountPoint.toString(), 0);
        if (directory < 0) {
            throw new IOException("cannot open " + mountPoint);
        }
        int failed = Libc.ioctl(directory, SHUTDOWN, new IntByReference(WITHOUT_WRITING_THE_JOURNAL));
        Libc.close(directory);
        if (failed != 0) {
            throw new IOException("the file system at " + mountPoint + " cannot be shut down");
        }
    }

    /** Mounts what is on the disk. Whoever used it must be gone. */
    void powerOn() throws IOException, InterruptedException {
        unmount();
        mount();
    }

    private void unmount() throws IOException, InterruptedException {
        IOException busy = new IOException("cannot unmount " + mountPoint);
        for (int i = 0; i < TRIES; i++) {
            try {
                run("umount", mountPoint.toString());
                return;
            } catch (IOException notYet) {
                busy = notYet;
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        throw busy;
    }

    @Override
    public void close() throws IOException {
        try {
            unmount();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + mountPoint + " was unmounted", e);
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(List.of(command) + ": " + said.strip());
        }
    }
}
