package io.flotilla.node.log;

import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.DiskFile;
import io.flotilla.node.disk.NoSpaceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of one queue: who owns it, which cycle files are there, and how a new one comes in.
 *
 * <p>Cycle files are named by day; our days are a counter and have nothing to do with any clock. A file arrives under its name with all
 * its blocks, by a rename. Threading: the writer's, and for {@link #allocateAhead} any one other.
 */
final class CycleFiles implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(CycleFiles.class);
    static final String SUFFIX = "F.cq4";

    /** The last number that has a name is 2,932,896; what is between is left to a process that is not started again for long. */
    private static final int COUNT_ANEW_FROM = 100_000;

    private static final String METADATA = "metadata.cq4t";
    private static final String AHEAD = "next.ahead";
    private static final String LOCK = "lock";
    private static final long ROOM_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** The file is not needed yet, but that there is no room for it is why writes are refused. */
    private static final long AHEAD_POLL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long RELEASE_ALIGN_BYTES = 64 << 10;

    private final Path directory;
    private final Disk disk;
    private final long fileBytes;
    private final FileChannel lockChannel;
    private boolean closed;

    /** What was allocated ahead may not be durable, and a second sync of the directory may say "fine": final, like any failed sync. */
    private @Nullable IOException aheadFailed;

    private volatile boolean impatient;

    /** Who allocates the next file, or did. */
    private volatile @Nullable Thread ahead;

    CycleFiles(Disk disk, Path directory, long fileBytes) throws IOException {
        this.disk = disk;
        this.directory = directory;
        this.fileBytes = fileBytes;
        makeDirectory();
        this.lockChannel =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            lock();
            clean();
            countAnew();
        } catch (IOException | RuntimeException e) {
            lockChannel.close();
            throw e;
        }
    }

    /** Its name must be as durable as what is acknowledged in it. */
    private void makeDirectory() throws IOException {
        Files.createDirectories(directory);
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            disk.forceDirectory(parent);
        }
    }

    private void lock() throws IOException {
        FileLock lock;
        try {
            lock = lockChannel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new IOException("the log in " + directory + " is in use by another store");
        }
    }

    /**
     * The queue's table of locks and positions is derived from the cycle files, is never forced, and may name a dead process that has our
     * own id (in a container it often does): since the directory is ours alone, it is made anew.
     */
    private void clean() throws IOException {
        Files.deleteIfExists(directory.resolve(METADATA));
        disk.forceDirectory(directory);
    }

    /**
     * Names end with the year 9999, after some hundred terabytes. What counts is the order of files, which each step here keeps, so whatever a crash leaves is
     * gone on with by the next start.
     */
    private void countAnew() throws IOException {
        List<Integer> cycles = cycles();
        if (cycles.isEmpty() || cycles.get(cycles.size() - 1) < COUNT_ANEW_FROM) {
            return;
        }
        for (int i = 0; i < cycles.size(); i++) {
            if (cycles.get(i) != i) {
                disk.rename(file(cycles.get(i)), file(i));
            }
        }
    }

    Path directory() {
        return directory;
    }

    Path file(int cycle) {
        return directory.resolve(LocalDate.ofEpochDay(cycle).format(DateTimeFormatter.BASIC_ISO_DATE) + SUFFIX);
    }

    /** In ascending order. */
    List<Integer> cycles() throws IOException {
        List<Integer> cycles = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path file : files) {
                cycleOf(file.getFileName().toString()).ifPresent(cycles::add);
            }
        }
        Collections.sort(cycles);
        return cycles;
    }

    private static OptionalInt cycleOf(String name) {
        try {
            String day = name.substring(0, name.length() - SUFFIX.length());
            return OptionalInt.of(
                    (int) LocalDate.parse(day, DateTimeFormatter.BASIC_ISO_DATE).toEpochDay());
        } catch (DateTimeParseException e) {
            return OptionalInt.empty();
        }
    }

    /** Prepares the file that {@link #bring} will need next. */
    synchronized void allocateAhead() throws IOException {
        if (closed) {
            return;
        }
        IOException failed = aheadFailed;
        if (failed != null) {
            throw new IOException("the next log file could not be made: " + failed.getMessage(), failed);
        }
        Path ahead = directory.resolve(AHEAD);
        // Of another length it was made for other settings, or cut: records behind its end would have no blocks.
        if (!Files.exists(ahead) || Files.size(ahead) != fileBytes) {
            Path unfinished = directory.resolve(AHEAD + ".tmp");
            try {
                disk.allocate(unfinished, fileBytes);
                disk.rename(unfinished, ahead);
            } catch (NoSpaceException full) {
                throw full;
            } catch (IOException failure) {
                aheadFailed = failure;
                throw failure;
            }
        }
    }

    /**
     * Begins that in the background, after that while. If it fails, {@link #bring} tells; for lack of room alone it is tried again, here and there.
     */
    void allocateAheadSoon(long afterNanos) {
        Thread thread = new Thread(
                () -> {
                    long begin = System.nanoTime() + afterNanos;
                    for (long left = afterNanos; left > 0 && !impatient; left = begin - System.nanoTime()) {
                        LockSupport.parkNanos(left);
                    }
                    allocateAheadOnceThereIsRoom();
                },
                "log-ahead");
        ahead = thread;
        thread.setDaemon(true);
        thread.start();
    }

    private void allocateAheadOnceThereIsRoom() {
        boolean told = false;
        while (!impatient) {
            try {
                allocateAhead();
                return;
            } catch (IOException e) {
                if (!told) {
                    LOGGER.warn("cannot allocate the next log file ahead: {}", e.toString());
                    told = true;
                }
                if (!(e instanceof NoSpaceException)) {
                    return;
                }
                LockSupport.parkNanos(AHEAD_POLL_NANOS);
            }
        }
    }

    /** Puts an allocated file in the place of {@code cycle}; on return it is durably there. Without room it waits until there is some. */
    void bring(int cycle) throws IOException {
        boolean told = false;
        while (true) {
            try {
                bringAtOnce(cycle);
                return;
            } catch (NoSpaceException full) {
                // Nothing was changed, unlike by a failed sync: this may be tried again. To all others the disk stands
                // still.
                if (impatient) {
                    throw full;
                }
                if (!told) {
                    LOGGER.warn("the log waits for room: {}", full.getMessage());
                    told = true;
                }
                LockSupport.parkNanos(ROOM_POLL_NANOS);
            }
        }
    }

    /** Whoever waits for room, waits no longer. */
    void waitNoLonger() {
        impatient = true;
        LockSupport.unpark(ahead);
    }

    private synchronized void bringAtOnce(int cycle) throws IOException {
        allocateAhead();
        disk.rename(directory.resolve(AHEAD), file(cycle));
    }

    /**
     * Makes durable what an earlier process may have left unforced: it forces a file before it leaves it, and the queue's last mark there with the next.
     *
     * <p>HAZARD: if that process ended because a force failed, what it was about is in memory, where recovery has read it, not on the disk, and counts as
     * written: a force alone would say "fine". So the last record, the only one that can be so, is written once more.
     */
    void forceNewest(List<CycleScan.Found> found) throws IOException {
        for (CycleScan.Found newest : found.subList(Math.max(0, found.size() - 2), found.size())) {
            try (DiskFile file = disk.open(newest.file())) {
                ByteBuffer last = ByteBuffer.allocate((int) (newest.end() - newest.lastAt()));
                while (last.hasRemaining() && file.channel().read(last, newest.lastAt() + last.position()) >= 0) {
                    // goes on
                }
                file.write(last.flip(), newest.lastAt());
                file.force();
            }
        }
    }

    DiskFile open(int cycle) throws IOException {
        return disk.open(file(cycle));
    }

    /** On return the file is gone for good, whatever happens. */
    void delete(int cycle) throws IOException {
        disk.delete(file(cycle));
    }

    /** Gives back blocks behind {@code used} bytes of a file that nobody appends to any more. */
    void release(int cycle, long used) throws IOException {
        long from = (used + RELEASE_ALIGN_BYTES - 1) & -RELEASE_ALIGN_BYTES;
        disk.release(file(cycle), from);
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        lockChannel.close();
    }
}
