package io.flotilla.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.config.key.Key;
import io.flotilla.v1.Row;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ScanMergeTest {
    @Test
    void equalsAMapThatTheWritesWereAppliedTo() {
        for (int seed = 0; seed < 500; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            TreeMap<Key, String> model = new TreeMap<>();
            TreeMap<Key, Optional<byte[]>> writes = new TreeMap<>();
            for (int i = random.nextInt(20); i > 0; i--) {
                model.put(Key.of("k" + random.nextInt(20)), "old");
            }
            List<Row> rows = model.entrySet().stream()
                    .map(row -> Row.newBuilder()
                            .setKey(ByteString.copyFrom(row.getKey().bytes()))
                            .setValue(ByteString.copyFromUtf8(row.getValue()))
                            .build())
                    .toList();
            for (int i = random.nextInt(10); i > 0; i--) {
                Key key = Key.of("k" + random.nextInt(20));
                boolean delete = random.nextBoolean();
                writes.put(key, delete ? Optional.empty() : Optional.of("new".getBytes(StandardCharsets.UTF_8)));
                if (delete) {
                    model.remove(key);
                } else {
                    model.put(key, "new");
                }
            }
            int limit = random.nextInt(12);
            List<KeyValue> out = new ArrayList<>();
            ScanMerge.merge(rows, writes, limit, out);
            List<String> expected = model.entrySet().stream()
                    .limit(limit == 0 ? Long.MAX_VALUE : limit)
                    .map(row -> row.getKey() + "=" + row.getValue())
                    .toList();
            assertThat(out).as("seed %s", seed).extracting(KeyValue::toString).isEqualTo(expected);
        }
    }
}
