package io.flotilla.client.cli.bench;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.Transaction;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** The operations that {@code bench floor} measures, on keys that lie in two ranges: {@code left/…} and {@code right/…}. */
final class FloorOperations {
    /** The second range begins here. */
    static final String BORDER = "m";

    static final String LEFT = "left/";
    static final String RIGHT = "right/";

    private static final int KEYS = 10_000;
    private static final int VALUE_BYTES = 100;
    private static final int FILL_BATCH = 500;

    private final FlotillaClient client;
    private final List<byte[]> left = keys(LEFT);
    private final List<byte[]> right = keys(RIGHT);

    FloorOperations(FlotillaClient client) {
        this.client = client;
    }

    private static List<byte[]> keys(String prefix) {
        List<byte[]> keys = new ArrayList<>(KEYS);
        for (int i = 0; i < KEYS; i++) {
            keys.add(String.format(Locale.ROOT, "%s%06d", prefix, i).getBytes(StandardCharsets.UTF_8));
        }
        return keys;
    }

    /** Writes every key once. */
    void fill() {
        for (List<byte[]> keys : List.of(left, right)) {
            for (int from = 0; from < KEYS; from += FILL_BATCH) {
                CompletableFuture<?>[] batch = keys.subList(from, from + FILL_BATCH).stream()
                        .map(key -> client.putAsync(key, value(0)))
                        .toArray(CompletableFuture[]::new);
                CompletableFuture.allOf(batch).join();
            }
        }
    }

    void put(Random random) {
        client.put(any(left, random), value(random.nextLong()));
    }

    /** Begins a {@link #put}. */
    CompletableFuture<Long> beginPut(Random random) {
        return client.putAsync(any(left, random), value(random.nextLong()));
    }

    void get(Random random) {
        if (client.get(any(left, random)).isEmpty()) {
            throw new IllegalStateException("a key that was written is not there");
        }
    }

    /** Two puts in one range, nothing read. */
    void commitOneRange(Random random) {
        commit(any(left, random), any(left, random), random.nextLong());
    }

    /** Two puts in two ranges, nothing read. */
    void commitTwoRanges(Random random) {
        commit(any(left, random), any(right, random), random.nextLong());
    }

    private void commit(byte[] first, byte[] second, long number) {
        client.transact(tx -> {
            tx.put(first, value(number));
            tx.put(second, value(number));
            return true;
        });
    }

    /** Two reads and two writes in two ranges, serializable. */
    void transfer(Random random) {
        byte[] from = any(left, random);
        byte[] to = any(right, random);
        long amount = random.nextInt(100);
        client.transact(tx -> {
            long balance = number(tx, from);
            long other = number(tx, to);
            tx.put(from, value(balance - amount));
            tx.put(to, value(other + amount));
            return true;
        });
    }

    private static long number(Transaction tx, byte[] key) {
        return ByteBuffer.wrap(tx.get(key).orElseThrow()).getLong();
    }

    private static byte[] value(long number) {
        return ByteBuffer.allocate(VALUE_BYTES).putLong(number).array();
    }

    private static byte[] any(List<byte[]> keys, Random random) {
        return keys.get(random.nextInt(keys.size()));
    }
}
