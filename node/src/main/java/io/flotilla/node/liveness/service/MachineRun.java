package io.flotilla.node.liveness.service;

import io.flotilla.config.time.Timestamp;
import io.flotilla.config.time.WallClock;
import io.flotilla.node.liveness.ClockMark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This run of the machine, from one boot to the next, and its wall clock, which need not go on from the last one's.
 *
 * <p>HAZARD: the monotonic clock is taken to be the same for all processes of one boot, as HotSpot's is on Linux. Where it is not (a container with a time
 * namespace of its own), a clock that was set back while this store was down may be taken for right, as if nothing had been written.
 */
public final class MachineRun {
    private static final Logger LOG = LoggerFactory.getLogger(MachineRun.class);
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long SAY_MICROS = TimeUnit.SECONDS.toMicros(10);
    private static final long NOTEWORTHY_MICROS = TimeUnit.MILLISECONDS.toMicros(500);

    /** Names this run of the machine, {@link ClockMark#NO_BOOT} where nothing does. */
    public static long boot() {
        try {
            UUID id = UUID.fromString(Files.readString(BOOT_ID).strip());
            return id.getMostSignificantBits() ^ id.getLeastSignificantBits();
        } catch (IOException | IllegalArgumentException unknown) {
            LOG.debug("this machine's runs have no names", unknown);
            return ClockMark.NO_BOOT;
        }
    }

    /**
     * Waits until the wall clock is above what earlier lives of a store have served; else this one would serve reads that miss what was acknowledged.
     * Looks at the clock again and again, so it ends soon when somebody sets it right.
     */
    public static void awaitAbove(Timestamp servedUpTo, WallClock wall) {
        awaitAbove(servedUpTo, wall, () -> {
            LockSupport.parkNanos(LOOK_NANOS);
            return Thread.currentThread().isInterrupted();
        });
    }

    /** @param pause lets some time pass; true if there is nothing to wait for any more */
    static void awaitAbove(Timestamp servedUpTo, WallClock wall, BooleanSupplier pause) {
        long sayBelow = Long.MAX_VALUE;
        while (true) {
            long missing = servedUpTo.unixMicros() + 1 - wall.unixMicros();
            if (missing <= 0 || !servedUpTo.isSet()) {
                return;
            }
            if (missing > NOTEWORTHY_MICROS && missing < sayBelow) {
                LOG.warn(
                        "this machine's clock is {} s below {}, up to where this store has served: it was set back, or the power was gone a moment ago."
                                + " The node waits until the clock is there; set it right if it is wrong."
                                + " If it was this node's clock that was ahead before, put a new node in its place.",
                        TimeUnit.MICROSECONDS.toSeconds(missing + 999_999),
                        Instant.ofEpochMilli(servedUpTo.unixMicros() / 1_000));
                sayBelow = missing - SAY_MICROS;
            }
            if (pause.getAsBoolean()) {
                throw new IllegalStateException("interrupted while the clock is below what this store has served");
            }
        }
    }

    private MachineRun() {}
}
