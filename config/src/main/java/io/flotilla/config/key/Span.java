package io.flotilla.config.key;

/** A half-open interval of keys: {@code start} inclusive, {@code end} exclusive; never empty. */
public record Span(Key start, Key end) {
    /** Every key there is. */
    public static final Span ALL = new Span(Key.MIN, Key.MAX);

    public Span {
        if (start.compareTo(end) >= 0) {
            throw new IllegalArgumentException("span is empty: [" + start + ", " + end + ")");
        }
    }

    /** The span that holds just {@code key}. */
    public static Span of(Key key) {
        return new Span(key, key.next());
    }

    /** Every key that starts with {@code prefix}. */
    public static Span prefix(Key prefix) {
        return new Span(prefix, prefix.prefixEnd());
    }

    public boolean contains(Key key) {
        return start.compareTo(key) <= 0 && key.compareTo(end) < 0;
    }

    public boolean contains(Span other) {
        return start.compareTo(other.start) <= 0 && other.end.compareTo(end) <= 0;
    }

    public boolean overlaps(Span other) {
        return start.compareTo(other.end) < 0 && other.start.compareTo(end) < 0;
    }

    /** The common part; call only when the spans overlap. */
    public Span intersect(Span other) {
        Key from = start.compareTo(other.start) >= 0 ? start : other.start;
        Key to = end.compareTo(other.end) <= 0 ? end : other.end;
        return new Span(from, to);
    }

    @Override
    public String toString() {
        return "[" + start + ", " + end + ")";
    }
}
