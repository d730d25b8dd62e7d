package io.flotilla.range.routing;

/** A range's identity, never used twice. */
public record RangeId(long value) implements Comparable<RangeId> {
    /** The meta range: descriptors and the node registry. */
    public static final RangeId META = new RangeId(1);

    public RangeId {
        if (value <= 0) {
            throw new IllegalArgumentException("range id must be positive: " + value);
        }
    }

    @Override
    public int compareTo(RangeId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return "r" + value;
    }
}
