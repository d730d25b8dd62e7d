package io.flotilla.node.mvcc;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.storage.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The payload of a log entry: engine writes with every value decided, and an optional trigger. Applying it is a pure function of (state, bytes).
 * The format is versioned and has golden bytes in the tests.
 *
 * <pre>
 *   payload   1, write…                            no trigger
 *             2, trigger (length, bytes), write…
 *             3, since (8), foreign (8)            a check: see {@link Check}
 *             4, threshold (8), generation (8), garbage…   a sweep: see {@link Sweep}
 *   write     kind × 16 + space ordinal            kind 0 put, 1 delete, 2 put over something
 *             key (length, bytes)
 *             value (length, bytes)                not for delete
 *   garbage   key (length, bytes), how many versions from there on; 0: it is a record's key
 * </pre>
 *
 * Lengths are in seven-bit groups, the lowest first; fixed numbers are big-endian.
 */
public final class Mutation {
    static final int PLAIN = 1;
    static final int TRIGGERED = 2;
    static final int CHECK = 3;
    static final int SWEEP = 4;
    private static final int HEAD_BYTES = 1;
    private static final byte[] NOTHING = new byte[0];
    private static final Engine.Space[] SPACES = Engine.Space.values();

    /** Where a mutation's writes go. */
    public interface Target {
        void put(Engine.Space space, byte[] key, byte[] value);

        void replace(Engine.Space space, byte[] key, byte[] value);

        void delete(Engine.Space space, byte[] key);
    }

    /**
     * Writes nothing: whoever applies it notes its {@link StateChecksum} at that index and tells the leaseholder.
     *
     * @param since if not 0: since that split, {@code foreign} in the checksum is of keys that belong to another range; it is taken out
     */
    public record Check(long since, long foreign) {
        public byte[] payload() {
            return new ByteWriter(17).u8(CHECK).i64(since).i64(foreign).toBytes();
        }
    }

    /**
     * Takes away what no reader at or above {@code threshold} can see; from then on nobody reads below it. Does nothing if the range has another generation
     * by then.
     *
     * @param generation the range's when the garbage was looked for
     */
    public record Sweep(Timestamp threshold, long generation, List<Garbage> garbage) {
        public Sweep {
            garbage = List.copyOf(garbage);
        }

        public byte[] payload() {
            ByteWriter out =
                    new ByteWriter(256).u8(SWEEP).i64(threshold.packed()).i64(generation);
            for (Garbage each : garbage) {
                out.counted(each.key()).varint(each.count());
            }
            return out.toBytes();
        }
    }

    /**
     * What a sweep takes away: so many versions of one user key, from one on to older ones; or a transaction's record.
     *
     * @param key of the newest entry to go, in DATA; or the record's, in RECORD
     * @param count 0 for a record
     */
    public record Garbage(byte[] key, int count) {
        static Garbage record(byte[] key) {
            return new Garbage(key, 0);
        }

        boolean isRecord() {
            return count == 0;
        }
    }

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
     * Tells {@code target} the payload's writes and returns its trigger (empty for none).
     *
     * @throws IllegalArgumentException if the bytes are not a payload; what the target was told is void then
     */
    public static byte[] apply(byte[] payload, Target target) {
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
                case MutationWriter.PUT -> target.put(SPACES[space], key, in.counted());
                case MutationWriter.DELETE -> target.delete(SPACES[space], key);
                case MutationWriter.REPLACE -> target.replace(SPACES[space], key, in.counted());
                default -> throw new IllegalArgumentException("a mutation has write kind " + (head >> 4));
            }
        }
        return trigger;
    }

    /** The check that a valid payload asks for, if it does. */
    public static Optional<Check> check(byte[] payload) {
        return payload[0] == CHECK
                ? Optional.of(new Check(
                        ByteReader.i64(payload, HEAD_BYTES), ByteReader.i64(payload, HEAD_BYTES + Long.BYTES)))
                : Optional.empty();
    }

    /** Whether a valid payload is a sweep. */
    public static boolean isSweep(byte[] payload) {
        return payload[0] == SWEEP;
    }

    /**
     * The sweep that a payload asks for, if it is one.
     *
     * @throws IllegalArgumentException if it begins like one and is none
     */
    public static Optional<Sweep> sweep(byte[] payload) {
        if (payload[0] != SWEEP) {
            return Optional.empty();
        }
        ByteReader in = new ByteReader(payload);
        in.u8();
        Timestamp threshold = new Timestamp(in.i64());
        long generation = in.i64();
        List<Garbage> garbage = new ArrayList<>();
        while (in.hasMore()) {
            garbage.add(new Garbage(in.counted(), in.varint()));
        }
        return Optional.of(new Sweep(threshold, generation, garbage));
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
        switch (format) {
            case PLAIN -> {
                return NOTHING;
            }
            case TRIGGERED -> {
                return in.counted();
            }
            case CHECK -> {
                in.i64();
                in.i64();
                return NOTHING;
            }
            case SWEEP -> {
                in.i64();
                in.i64();
                in.rest();
                return NOTHING;
            }
            default -> throw new IllegalArgumentException("a mutation has format " + format);
        }
    }
}
