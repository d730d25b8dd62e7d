package io.flotilla.client;

import io.flotilla.config.key.Key;
import io.flotilla.v1.Row;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** Lays a transaction's own writes over what a scan found. Pure. */
final class ScanMerge {
    private ScanMerge() {}

    /**
     * Adds to {@code out}, in key order, the rows found, replaced, removed and completed by {@code writes}, until {@code out} has
     * {@code limit} rows.
     *
     * @param rows in key order
     * @param writes just those within the span the rows were found in; empty stands for a deletion
     * @param limit 0 means none
     */
    static void merge(List<Row> rows, SortedMap<Key, Optional<byte[]>> writes, int limit, List<KeyValue> out) {
        int i = 0;
        for (Map.Entry<Key, Optional<byte[]>> write : writes.entrySet()) {
            while (i < rows.size() && key(rows.get(i)).compareTo(write.getKey()) < 0) {
                if (isFull(out, limit)) {
                    return;
                }
                out.add(Protocol.row(rows.get(i++)));
            }
            if (isFull(out, limit)) {
                return;
            }
            if (i < rows.size() && key(rows.get(i)).equals(write.getKey())) {
                i++;
            }
            byte[] key = write.getKey().bytes().clone();
            write.getValue().ifPresent(value -> out.add(new KeyValue(key, value.clone())));
        }
        while (i < rows.size() && !isFull(out, limit)) {
            out.add(Protocol.row(rows.get(i++)));
        }
    }

    private static boolean isFull(List<KeyValue> out, int limit) {
        return limit > 0 && out.size() >= limit;
    }

    private static Key key(Row row) {
        return Key.wrap(row.getKey().toByteArray());
    }
}
