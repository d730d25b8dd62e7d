package io.flotilla.node.mvcc;

import io.flotilla.node.storage.Engine.Space;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The hash of one entry of a range's state; the sum of all of them, modulo 2^64, is the state's checksum, whatever the order they came in.
 *
 * <p>Not against an enemy: against bits that flip, writes that are lost, and entries that are applied differently. Its values are kept on disk and compared
 * between nodes, so it must never change under the same version of {@link Mutation}'s format.
 */
public final class EntryHash {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long SPACE_MULTIPLIER = 0x9E3779B97F4A7C15L;
    private static final long LENGTH_MULTIPLIER = 0xD6E8FEB86659FD93L;
    private static final long WORD_MULTIPLIER = 0xA0761D6478BD642FL;
    private static final long END_MULTIPLIER = 0xE7037ED1A0B428DBL;

    private EntryHash() {}

    public static long of(Space space, byte[] key, byte[] value) {
        long hash = (space.ordinal() + 1) * SPACE_MULTIPLIER;
        hash = absorb(absorb(hash, key), value);
        return fold(hash ^ (hash >>> 32), END_MULTIPLIER);
    }

    private static long absorb(long before, byte[] bytes) {
        long hash = fold(before ^ bytes.length, LENGTH_MULTIPLIER);
        int whole = bytes.length & ~7;
        for (int at = 0; at < whole; at += 8) {
            hash = fold(hash ^ (long) WORD.get(bytes, at), WORD_MULTIPLIER);
        }
        long rest = 0;
        for (int at = whole; at < bytes.length; at++) {
            rest = rest << 8 | (bytes[at] & 0xFF);
        }
        return fold(hash ^ rest, WORD_MULTIPLIER);
    }

    /** Both halves of the product, so that each bit of the factor moves bits above and below it. */
    private static long fold(long factor, long multiplier) {
        // Added, a factor of nothing does not swallow what comes after it.
        return (Math.multiplyHigh(factor, multiplier) ^ factor * multiplier) + multiplier;
    }
}
