package io.flotilla.client;

import io.flotilla.config.key.Key;

/** What people read in the place of bytes. */
final class Shown {
    private Shown() {}

    /** A span of users' keys; an empty key means unbounded. */
    static String span(byte[] start, byte[] end) {
        String from = start.length == 0 ? "(first)" : key(start);
        String to = end.length == 0 ? "(last)" : key(end);
        return "[" + from + ", " + to + ")";
    }

    /** Printable ASCII as it is, anything else escaped. */
    static String key(byte[] key) {
        return Key.wrap(key).toString();
    }
}
