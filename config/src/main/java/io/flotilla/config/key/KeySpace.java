package io.flotilla.config.key;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The layout of the internal key space. Users' keys are stored behind one prefix byte, so that the system's own keys sort
 * before them and cannot be reached from outside.
 *
 * <pre>
 *   0x02 + range end key     meta: the descriptor of the range that ends there (so a seek past a key finds its range)
 *   0x03 + node id (4 bytes) node registry: the addresses of a node
 *   0x04                     range id allocator: the next free range id (8 bytes)
 *   0x10 + user key          what users store
 * </pre>
 */
public final class KeySpace {
    private static final byte META = 0x02;
    private static final byte NODE = 0x03;
    private static final byte RANGE_IDS = 0x04;
    private static final byte USER = 0x10;

    /** The span of all users' keys. */
    public static final Span USERS = new Span(Key.wrap(new byte[] {USER}), Key.MAX);

    /** The span of the meta range: descriptors and the node registry. */
    public static final Span SYSTEM = new Span(Key.MIN, USERS.start());

    /** The span of all descriptors. */
    public static final Span METAS = Span.prefix(Key.wrap(new byte[] {META}));

    /** The span of the node registry. */
    public static final Span NODES = Span.prefix(Key.wrap(new byte[] {NODE}));

    private KeySpace() {}

    /** The internal key of what a user calls {@code userKey}. */
    public static Key user(byte[] userKey) {
        return prefixed(USER, userKey);
    }

    public static Key user(Key userKey) {
        return prefixed(USER, userKey.bytes());
    }

    /** What the user calls the internal key {@code key}; the inverse of {@link #user}. */
    public static byte[] userBytes(Key key) {
        byte[] bytes = key.bytes();
        if (bytes.length == 0 || bytes[0] != USER) {
            throw new IllegalArgumentException("not a user key: " + key);
        }
        return Arrays.copyOfRange(bytes, 1, bytes.length);
    }

    public static boolean isUser(Key key) {
        return key.length() > 0 && key.bytes()[0] == USER;
    }

    /** Where the descriptor of the range that ends at {@code rangeEnd} is stored. */
    public static Key meta(Key rangeEnd) {
        return prefixed(META, rangeEnd.bytes());
    }

    /** Every descriptor of a range that holds {@code key} or lies above it, in key order. */
    public static Span metaFrom(Key key) {
        return new Span(meta(key.next()), METAS.end());
    }

    public static Key node(int nodeId) {
        return Key.wrap(ByteBuffer.allocate(5).put(NODE).putInt(nodeId).array());
    }

    /** Where the next free range id is kept: 8 bytes, big-endian. */
    public static Key rangeIdAllocator() {
        return Key.wrap(new byte[] {RANGE_IDS});
    }

    /** How an internal key is shown to people. */
    public static String describe(Key key) {
        if (key.equals(Key.MIN)) {
            return "/min";
        }
        if (key.equals(Key.MAX)) {
            return "/max";
        }
        return switch (key.bytes()[0]) {
            case META -> "/meta/" + Key.wrap(Arrays.copyOfRange(key.bytes(), 1, key.length()));
            case NODE -> "/node/" + Key.wrap(Arrays.copyOfRange(key.bytes(), 1, key.length()));
            case RANGE_IDS -> "/range-ids";
            case USER -> key.length() == 1 ? "/users" : Key.wrap(userBytes(key)).toString();
            default -> key.toString();
        };
    }

    private static Key prefixed(byte prefix, byte[] rest) {
        byte[] bytes = new byte[rest.length + 1];
        bytes[0] = prefix;
        System.arraycopy(rest, 0, bytes, 1, rest.length);
        return Key.wrap(bytes);
    }
}
