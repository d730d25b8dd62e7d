package io.flotilla.node.mvcc;

import io.flotilla.node.storage.Engine;

/**
 * The payload of a log entry: engine writes with every value decided, and an optional trigger. Applying it is a pure function of (state, bytes).
 * The format is versioned and has golden bytes in the tests.
 *
 * <pre>
 *   payload   1, write…                            no trigger
 *             2, trigger (length, bytes), write…
 *   write     kind × 16 + space ordinal            kind 0 put, 1 delete, 2 deleteRange
 *             key (length, bytes)
 *             value or range end (length, bytes)   not for delete
 * </pre>
 *
 * Lengths are in seven-bit groups, the lowest first.
 */
public final class Mutation {
    static final int PLAIN = 1;
    static final int TRIGGERED = 2;
    private static final byte[] NOTHING = new byte[0];
    private static final Engine.Space[] SPACES = Engine.Space.values();

    private Mutation() {}

    /** Joins what {@link Evaluation.Evaluated} carries into an entry's payload. Writes may be empty: no write at all. */
    public static byte[] payload(byte[] writes, byte[] trigger) {
        if (writes.length > 0 && writes[0] != PLAIN) {
            throw new IllegalArgumentException("writes have format " + writes[0] + ", known is " + PLAIN);
        }
        if (trigger.length == 0) {
            return writes.length == 0 ? new byte[] {PLAIN} : writes;
        }
        ByteWriter out = new ByteWriter(writes.length + trigger.length + 6);
        out.u8(TRIGGERED).counted(trigger);
        if (writes.length > 0) {
            out.bytes(writes, 1, writes.length - 1);
        }
        return out.toBytes();
    }

    /**
     * Adds the payload's writes to {@code batch} and returns its trigger (empty for none).
     *
     * @throws IllegalArgumentException if the bytes are not a payload; the batch must then be dropped
     */
    public static byte[] apply(byte[] payload, Engine.Batch batch) {
        ByteReader in = new ByteReader(payload);
        byte[] trigger = trigger(in);
        while (in.hasMore()) {
            int head = in.u8();
            int space = head & 0x0F;
            if (space >= SPACES.length) {
                throw new IllegalArgumentException("a mutation names space " + space);
            }
            byte[] key = in.counted();
            switch (head >> 4) {
                case MutationWriter.PUT -> batch.put(SPACES[space], key, in.counted());
                case MutationWriter.DELETE -> batch.delete(SPACES[space], key);
                case MutationWriter.DELETE_RANGE -> batch.deleteRange(SPACES[space], key, in.counted());
                default -> throw new IllegalArgumentException("a mutation has write kind " + (head >> 4));
            }
        }
        return trigger;
    }

    /**
     * The payload's trigger; empty for none.
     *
     * @throws IllegalArgumentException if the bytes do not begin like a payload
     */
    public static byte[] trigger(byte[] payload) {
        return trigger(new ByteReader(payload));
    }

    /** The same payload with its trigger and without its writes; empty if it has no trigger. */
    public static byte[] withoutWrites(byte[] payload) {
        byte[] trigger = payload.length == 0 ? NOTHING : trigger(payload);
        return trigger.length == 0 ? NOTHING : payload(NOTHING, trigger);
    }

    private static byte[] trigger(ByteReader in) {
        int format = in.u8();
        if (format != PLAIN && format != TRIGGERED) {
            throw new IllegalArgumentException("a mutation has format " + format);
        }
        return format == TRIGGERED ? in.counted() : NOTHING;
    }
}
