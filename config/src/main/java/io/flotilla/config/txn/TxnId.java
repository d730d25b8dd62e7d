package io.flotilla.config.txn;

import java.util.UUID;

/** A transaction's identity: 128 random bits, chosen by whoever begins it. Single writes are transactions too. */
public record TxnId(long high, long low) implements Comparable<TxnId> {
    /** "No transaction". */
    public static final TxnId NONE = new TxnId(0, 0);

    public static TxnId of(UUID id) {
        return new TxnId(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    /** Parses what {@link #toString} prints. */
    public static TxnId parse(String text) {
        return of(UUID.fromString(text));
    }

    @Override
    public int compareTo(TxnId other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    @Override
    public String toString() {
        return new UUID(high, low).toString();
    }
}
