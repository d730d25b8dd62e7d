package io.flotilla.client.load;

/**
 * Single gets and puts on uniformly chosen keys.
 *
 * @param readPercent share of gets, 0 to 100
 */
public record KvOptions(String prefix, int keys, int valueBytes, int readPercent) {
    public static final KvOptions DEFAULT = new KvOptions("kv", 10_000, 100, 50);

    public KvOptions {
        if (keys < 1 || valueBytes < 0 || readPercent < 0 || readPercent > 100) {
            throw new IllegalArgumentException(
                    "keys, valueBytes or readPercent out of bounds: " + keys + ", " + valueBytes + ", " + readPercent);
        }
    }

    public KvOptions prefix(String prefix) {
        return new KvOptions(prefix, keys, valueBytes, readPercent);
    }

    public KvOptions keys(int keys) {
        return new KvOptions(prefix, keys, valueBytes, readPercent);
    }

    public KvOptions valueBytes(int valueBytes) {
        return new KvOptions(prefix, keys, valueBytes, readPercent);
    }

    public KvOptions readPercent(int readPercent) {
        return new KvOptions(prefix, keys, valueBytes, readPercent);
    }
}
