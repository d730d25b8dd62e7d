package io.flotilla.node.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every now and then how much room there is, so that new data is refused while there is still enough for what makes room: deletes, collection,
 * compaction, Raft's own records and operators' verbs.
 *
 * <p>Threading: any; asking costs a read of a volatile.
 */
public final class SpaceWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SpaceWatch.class);
    private static final long LOOK_EVERY_MILLIS = 250;

    /** With so much more than the reserve nobody fills the disk before the next look, although that comes later. */
    private static final long PLENTY_BYTES = 4L << 30;

    private static final long LOOK_WITH_PLENTY_EVERY_MILLIS = 1_000;

    /** Once below the reserve, so much more than it must be free, or a disk at the border would be full and not full by turns. */
    private static final int SLACK_DIVISOR = 8;

    /** Deletes are let in down to this part of the reserve. */
    private static final int DELETES_DIVISOR = 2;

    /** How much room there is. */
    public enum Room {
        /** For everything. */
        AMPLE,
        /** Below the reserve: for deletes and whatever is not a user's write. */
        RESERVE,
        /** For what is not a user's write. */
        SCARCE
    }

    private final Disk disk;
    private final Path directory;
    private final long reserveBytes;
    private volatile Room room = Room.AMPLE;

    /** The disk gave no answer when it was last asked. */
    private boolean blind;

    private volatile long usableBytes = Long.MAX_VALUE;
    private volatile boolean closed;

    /**
     * Looks for the first time.
     *
     * @param reserveBytes kept free of users' data; 0: all room may be used
     */
    public SpaceWatch(Disk disk, Path directory, long reserveBytes) {
        this.disk = disk;
        this.directory = directory;
        this.reserveBytes = reserveBytes;
        look();
    }

    /** One without a disk: there is always room. */
    public static SpaceWatch none() {
        return new SpaceWatch();
    }

    private SpaceWatch() {
        this.disk = new RealDisk();
        this.directory = Path.of(".");
        this.reserveBytes = 0;
    }

    /** Looks again and again from now on. */
    public SpaceWatch start() {
        Thread thread = new Thread(this::run, "flotilla-space");
        thread.setDaemon(true);
        thread.start();
        return this;
    }

    public Room room() {
        return room;
    }

    public long usableBytes() {
        return usableBytes;
    }

    public long reserveBytes() {
        return reserveBytes;
    }

    private void run() {
        try {
            while (!closed) {
                boolean plenty = usableBytes - reserveBytes > PLENTY_BYTES;
                TimeUnit.MILLISECONDS.sleep(plenty ? LOOK_WITH_PLENTY_EVERY_MILLIS : LOOK_EVERY_MILLIS);
                look();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Looks now. */
    public void look() {
        try {
            usableBytes = disk.usableBytes(directory);
        } catch (IOException unknown) {
            if (!blind) {
                LOG.warn("cannot tell how much room there is in {}: {}", directory, unknown.toString());
                blind = true;
            }
            return;
        }
        blind = false;
        Room before = room;
        Room now = after(before, usableBytes, reserveBytes);
        room = now;
        if (before == Room.AMPLE && now != Room.AMPLE) {
            LOG.warn(
                    "the disk is full: {} MiB are left in {}, {} MiB are kept in reserve; writes are refused until there is room",
                    usableBytes >> 20,
                    directory,
                    reserveBytes >> 20);
        } else if (before != Room.AMPLE && now == Room.AMPLE) {
            LOG.info("there is room in {} again: {} MiB; writes are let in", directory, usableBytes >> 20);
        }
    }

    /** How much room there is, when it was {@code before}. */
    static Room after(Room before, long usableBytes, long reserveBytes) {
        long enough = before == Room.AMPLE ? reserveBytes : reserveBytes + reserveBytes / SLACK_DIVISOR;
        if (usableBytes >= enough) {
            return Room.AMPLE;
        }
        return usableBytes >= reserveBytes / DELETES_DIVISOR ? Room.RESERVE : Room.SCARCE;
    }

    @Override
    public void close() {
        closed = true;
    }
}
