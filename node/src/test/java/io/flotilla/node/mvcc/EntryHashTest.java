package io.flotilla.node.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.storage.Engine.Space;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EntryHashTest {
    private static final int SEEDS = 200;

    /** Where an entry's key ends and its value begins, in which space it is, and each bit of it count. */
    @Test
    void whateverIsDifferentHashesDifferently() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            byte[] key = bytes(random, random.nextInt(40));
            byte[] value = bytes(random, random.nextInt(300));
            Set<Long> hashes = new HashSet<>();
            int count = 0;
            for (Space space : Space.values()) {
                hashes.add(EntryHash.of(space, key, value));
                count++;
            }
            for (byte[] part : new byte[][] {key, value}) {
                for (int bit = 0; bit < part.length * 8; bit++) {
                    part[bit / 8] ^= (byte) (1 << bit % 8);
                    hashes.add(EntryHash.of(Space.DATA, key, value));
                    count++;
                    part[bit / 8] ^= (byte) (1 << bit % 8);
                }
            }
            assertThat(hashes).as("seed " + seed).hasSize(count);
        }
    }

    @Test
    void bytesThatMoveFromTheKeyToTheValueAreNoticed() {
        byte[] all = bytes(new Random(1), 64);
        Set<Long> hashes = new HashSet<>();
        for (int cut = 0; cut <= all.length; cut++) {
            byte[] key = java.util.Arrays.copyOf(all, cut);
            byte[] value = java.util.Arrays.copyOfRange(all, cut, all.length);
            hashes.add(EntryHash.of(Space.DATA, key, value));
        }
        for (int length = 0; length < 64; length++) {
            hashes.add(EntryHash.of(Space.RECORD, new byte[length], new byte[64 - length]));
        }
        assertThat(hashes).hasSize(all.length + 1 + 64);
    }

    /** One bit changed changes about half of the hash's. */
    @Test
    void itMixesWell() {
        Random random = new Random(7);
        long changed = 0;
        int pairs = 0;
        byte[] key = bytes(random, 24);
        byte[] value = bytes(random, 100);
        long hash = EntryHash.of(Space.DATA, key, value);
        for (int bit = 0; bit < value.length * 8; bit++) {
            value[bit / 8] ^= (byte) (1 << bit % 8);
            changed += Long.bitCount(hash ^ EntryHash.of(Space.DATA, key, value));
            pairs++;
            value[bit / 8] ^= (byte) (1 << bit % 8);
        }
        assertThat((double) changed / pairs).isBetween(31.0, 33.0);
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
