package io.flotilla.node.liveness;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Now;

/**
 * Up to where a store's hybrid clock may be served from: what is durable of it bounds all that any life of this store has served, so a later life whose
 * wall clock was set back meanwhile knows it. It is written ahead in steps; and, since a step would be long to wait for after each crash, together with a
 * line that says the same more closely for as long as the machine runs: its monotonic clock goes on from one process to the next.
 *
 * @param upTo nothing above was served
 * @param boot names the run of the machine in which the line counts; {@link #NO_BOOT} if there is none
 * @param shiftMicros in that run nothing was served above the monotonic clock plus this, in microseconds since the timestamps' origin
 */
public record ClockMark(Timestamp upTo, long boot, long shiftMicros) {
    /** No run of a machine: only {@code upTo} counts. */
    public static final long NO_BOOT = 0;

    /** Nothing may be served. */
    public static final ClockMark NONE = new ClockMark(Timestamp.ZERO, NO_BOOT, 0);

    /** How far ahead it is written: at most so long a machine waits that lost its power and comes back at once. An idle store writes it as often. */
    public static final long STEP_MICROS = 60_000_000;

    /** How much nearer the two clocks may come to each other before the line is drawn anew. */
    private static final long LINE_SLACK_MICROS = 100_000;

    /** Nothing above was served up to that moment, by whatever process; nor may it be as long as this is what is durable. */
    public Timestamp at(long inBoot, long monotonicMicros) {
        return hasLine(inBoot) ? line(monotonicMicros).min(upTo) : upTo;
    }

    /**
     * This one if it is good for a while yet, else the next.
     *
     * @param trusted the clock may have gone another way than this machine's monotonic one
     */
    ClockMark ahead(Now now, long inBoot, long stepMicros, boolean trusted) {
        boolean lineHolds = !now.hybrid().isAfter(hasLine(inBoot) ? line(now.micros()) : withoutLine(inBoot));
        if (lineHolds ? upTo.microsSince(now.hybrid()) > stepMicros / 4 : !trusted) {
            return this;
        }
        long shift = now.hybrid().microsSince(Timestamp.ZERO) - now.micros() + LINE_SLACK_MICROS;
        return new ClockMark(
                upTo.max(now.hybrid().plusMicros(stepMicros)),
                inBoot,
                hasLine(inBoot) && lineHolds ? shiftMicros : shift);
    }

    /** Nothing above was served after all. */
    ClockMark endingAt(Timestamp reading) {
        return new ClockMark(upTo.min(reading), boot, shiftMicros);
    }

    /** In a run of which no line is drawn yet nothing holds; where there never is one, what was written does. */
    private Timestamp withoutLine(long inBoot) {
        return inBoot == NO_BOOT ? upTo : Timestamp.ZERO;
    }

    private boolean hasLine(long inBoot) {
        return boot != NO_BOOT && boot == inBoot;
    }

    private Timestamp line(long monotonicMicros) {
        return Timestamp.ZERO.plusMicros(monotonicMicros + shiftMicros);
    }
}
