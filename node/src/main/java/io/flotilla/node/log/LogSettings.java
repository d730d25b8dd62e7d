package io.flotilla.node.log;

/**
 * Bounds of one store's log.
 *
 * @param cycleBytes a cycle file is left for the next one before it grows beyond this; a multiple of 1 MiB. The real size on disk is an
 *     eighth more, and one file is allocated ahead
 * @param cacheBytesMax entries kept in memory for reading back, over all ranges; older ones are read from disk
 * @param groupBytesMax what is forced together at most; a single larger write still goes alone, up to an eighth of {@code cycleBytes}
 */
public record LogSettings(long cycleBytes, long cacheBytesMax, int groupBytesMax) {
    /** A cycle file this size is rewritten or dropped as a whole, so it should not be huge; a group must fit a few times. */
    public static final LogSettings DEFAULT = new LogSettings(128L << 20, 64L << 20, 4 << 20);

    private static final long MIB = 1L << 20;

    public LogSettings {
        if (cycleBytes < MIB || cycleBytes % MIB != 0) {
            throw new IllegalArgumentException("cycleBytes " + cycleBytes + " must be a positive multiple of 1 MiB");
        }
        if (cacheBytesMax < 0) {
            throw new IllegalArgumentException("cacheBytesMax " + cacheBytesMax + " must not be negative");
        }
        if (groupBytesMax < 1) {
            throw new IllegalArgumentException("groupBytesMax " + groupBytesMax + " must be positive");
        }
    }

    /** The largest record the queue takes: its mapping overlap. */
    int recordBytesMax() {
        return (int) Math.min(1 << 30, cycleBytes / 8) - 1024;
    }
}
