package io.flotilla.client;

import io.flotilla.config.key.Key;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** One row. The arrays belong to whoever holds the row; equality is by content. */
public record KeyValue(byte[] key, byte[] value) {
    public String keyText() {
        return new String(key, StandardCharsets.UTF_8);
    }

    public String valueText() {
        return new String(value, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyValue row && Arrays.equals(key, row.key) && Arrays.equals(value, row.value);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(key) + Arrays.hashCode(value);
    }

    /** Printable ASCII as it is, anything else escaped. */
    @Override
    public String toString() {
        return Key.wrap(key) + "=" + Key.wrap(value);
    }
}
