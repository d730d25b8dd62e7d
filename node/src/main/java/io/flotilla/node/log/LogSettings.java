package io.flotilla.node.log;

/**
 * Bounds of one store's log.
 *
 * @param cycleBytes a cycle file is left for the next one before it grows beyond this; a multiple of 1 MiB. The real size on disk is an
 *     eighth more until it is left, and one file is allocated ahead
 * @param cacheBytesMax entries kept in memory for reading back, over all ranges; older ones are read from disk
 * @param groupBytesMax what is forced together at most; a single larger write still goes alone, up to an eighth of {@code cycleBytes}
 * @param cyclesKept so many files may stay, whatever is in them: collecting earlier would write more than it frees
 * @param tailBytesMax entries that ranges keep for slow peers, over all ranges; above it those with the oldest ones are asked to give up theirs
 */
public record LogSettings(long cycleBytes, long cacheBytesMax, int groupBytesMax, int cyclesKept, long tailBytesMax) {
    /** A cycle file this size is rewritten or dropped as a whole, so it should not be huge; a group must fit a few times. */
    public static final LogSettings DEFAULT = new LogSettings(128L << 20, 64L << 20, 4 << 20, 3, 256L << 20);

    private static final long MIB = 1L << 20;
    private static final long CYCLE_BYTES_MAX = 1L << 30;

    public LogSettings {
        if (cycleBytes < MIB || cycleBytes % MIB != 0 || cycleBytes > CYCLE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "cycleBytes " + cycleBytes + " must be a multiple of 1 MiB, and at most 1 GiB");
        }
        if (cacheBytesMax < 0) {
            throw new IllegalArgumentException("cacheBytesMax " + cacheBytesMax + " must not be negative");
        }
        if (groupBytesMax < 1) {
            throw new IllegalArgumentException("groupBytesMax " + groupBytesMax + " must be positive");
        }
        if (cyclesKept < 1) {
            throw new IllegalArgumentException("cyclesKept " + cyclesKept + " must be positive");
        }
        if (tailBytesMax < 0) {
            throw new IllegalArgumentException("tailBytesMax " + tailBytesMax + " must not be negative");
        }
    }

    /** The same, but for what is kept for slow peers. */
    public LogSettings keeping(long tailBytes) {
        return new LogSettings(cycleBytes, cacheBytesMax, groupBytesMax, cyclesKept, tailBytes);
    }

    /** The largest record the queue takes: its mapping overlap. */
    int recordBytesMax() {
        return (int) Math.min(1 << 30, cycleBytes / 8) - 1024;
    }
}
