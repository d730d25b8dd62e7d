package io.flotilla.client;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * One attempt of a transaction, as its body sees it: one consistent snapshot, overlaid by what the body itself has written. Writes
 * are kept here and travel with the commit. Not for use by several threads, nor after the body has returned.
 */
public interface Transaction {
    /** The value of {@code key}: the body's own write if there is one, else the snapshot's. */
    Optional<byte[]> get(byte[] key);

    /**
     * Rows of [{@code start}, {@code end}) in key order, own writes included.
     *
     * @param end empty means to the end of the key space
     * @param limit rows at most; 0 means all of them
     */
    List<KeyValue> scan(byte[] start, byte[] end, int limit);

    /** @throws LimitExceededException if the transaction grows beyond its limits */
    void put(byte[] key, byte[] value);

    /** @throws LimitExceededException if the transaction grows beyond its limits */
    void delete(byte[] key);

    default Optional<byte[]> get(String key) {
        return get(key.getBytes(StandardCharsets.UTF_8));
    }

    default Optional<String> getText(String key) {
        return get(key).map(value -> new String(value, StandardCharsets.UTF_8));
    }

    default List<KeyValue> scan(String start, String end, int limit) {
        return scan(start.getBytes(StandardCharsets.UTF_8), end.getBytes(StandardCharsets.UTF_8), limit);
    }

    default void put(String key, String value) {
        put(key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
    }

    default void put(String key, byte[] value) {
        put(key.getBytes(StandardCharsets.UTF_8), value);
    }

    default void delete(String key) {
        delete(key.getBytes(StandardCharsets.UTF_8));
    }
}
