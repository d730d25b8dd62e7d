package io.flotilla.config.time;

/**
 * A hybrid logical timestamp packed into one long: microseconds since 2020-01-01T00:00Z in the upper 51 bits, a counter in
 * the lower 12. It compares as the number does and lasts until 2091. When the counter overflows, the microseconds carry.
 */
public record Timestamp(long packed) implements Comparable<Timestamp> {
    /** Before every real timestamp; also "not set: let the leaseholder choose". */
    public static final Timestamp ZERO = new Timestamp(0);

    public static final Timestamp MAX = new Timestamp(Long.MAX_VALUE);

    /** 2020-01-01T00:00Z in microseconds since 1970. */
    public static final long EPOCH_MICROS = 1_577_836_800_000_000L;

    private static final int COUNTER_BITS = 12;

    public Timestamp {
        if (packed < 0) {
            throw new IllegalArgumentException("timestamp must not be negative: " + packed);
        }
    }

    /** The first timestamp of the given microsecond since 1970. */
    public static Timestamp ofMicros(long unixMicros) {
        return new Timestamp(Math.max(0, unixMicros - EPOCH_MICROS) << COUNTER_BITS);
    }

    /** Microseconds since 1970. */
    public long unixMicros() {
        return (packed >>> COUNTER_BITS) + EPOCH_MICROS;
    }

    public int counter() {
        return (int) (packed & ((1 << COUNTER_BITS) - 1));
    }

    public boolean isSet() {
        return packed != 0;
    }

    public Timestamp next() {
        return new Timestamp(packed + 1);
    }

    public Timestamp previous() {
        return new Timestamp(packed - 1);
    }

    public Timestamp plusMicros(long micros) {
        return new Timestamp(Math.max(0, packed + (micros << COUNTER_BITS)));
    }

    /** This minus {@code other}, in microseconds, counters ignored. */
    public long microsSince(Timestamp other) {
        return (packed >> COUNTER_BITS) - (other.packed >> COUNTER_BITS);
    }

    public boolean isAfter(Timestamp other) {
        return packed > other.packed;
    }

    public boolean isBefore(Timestamp other) {
        return packed < other.packed;
    }

    public Timestamp max(Timestamp other) {
        return packed >= other.packed ? this : other;
    }

    public Timestamp min(Timestamp other) {
        return packed <= other.packed ? this : other;
    }

    @Override
    public int compareTo(Timestamp other) {
        return Long.compare(packed, other.packed);
    }

    @Override
    public String toString() {
        long micros = unixMicros();
        return String.format("%d.%06d,%d", micros / 1_000_000, micros % 1_000_000, counter());
    }
}
