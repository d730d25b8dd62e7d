package io.flotilla.config.key;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** An immutable value. Owns its array under the same rule as {@link Key}. */
public final class Value {
    public static final Value EMPTY = new Value(new byte[0]);

    private final byte[] bytes;

    private Value(byte[] bytes) {
        this.bytes = bytes;
    }

    public static Value wrap(byte[] bytes) {
        return new Value(bytes);
    }

    public static Value of(String text) {
        return new Value(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The value's own array; must not be modified. */
    public byte[] bytes() {
        return bytes;
    }

    public int length() {
        return bytes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Value value && Arrays.equals(bytes, value.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return Key.wrap(bytes).toString();
    }
}
