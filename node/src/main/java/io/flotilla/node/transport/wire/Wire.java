package io.flotilla.node.transport.wire;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The primitives of the format. Numbers are unsigned base-128 varints (a negative one takes ten bytes), timestamps eight bytes with the lowest
 * first, whatever the buffer's own byte order. Writers throw {@link java.nio.BufferOverflowException} when there is no room.
 */
public final class Wire {
    /** First byte of every message. */
    public static final byte VERSION = 1;

    private static final int VARINT_BYTES_MAX = 10;

    private Wire() {}

    // ---- numbers -----------------------------------------------------------------------------------------------

    public static void putVarint(ByteBuffer out, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    public static long getVarint(ByteBuffer in) {
        long value = 0;
        for (int i = 0; i < VARINT_BYTES_MAX; i++) {
            byte b = in.get();
            if (i == VARINT_BYTES_MAX - 1 && (b & 0xFE) != 0) {
                break;
            }
            value |= (long) (b & 0x7F) << (7 * i);
            if (b >= 0) {
                return value;
            }
        }
        throw new WireFormatException("varint is too long");
    }

    public static int getInt(ByteBuffer in) {
        long value = getVarint(in);
        if (value != (int) value) {
            throw new WireFormatException("number does not fit 32 bits: " + value);
        }
        return (int) value;
    }

    public static void putFixed(ByteBuffer out, long value) {
        for (int shift = 0; shift < 64; shift += 8) {
            out.put((byte) (value >>> shift));
        }
    }

    public static long getFixed(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            value |= (in.get() & 0xFFL) << shift;
        }
        return value;
    }

    public static void putFlag(ByteBuffer out, boolean flag) {
        out.put(flag ? (byte) 1 : 0);
    }

    public static boolean getFlag(ByteBuffer in) {
        byte b = in.get();
        if (b != 0 && b != 1) {
            throw new WireFormatException("not a flag: " + b);
        }
        return b == 1;
    }

    // ---- bytes and text ----------------------------------------------------------------------------------------

    public static void putBytes(ByteBuffer out, byte[] bytes) {
        putVarint(out, bytes.length);
        out.put(bytes);
    }

    public static byte[] getBytes(ByteBuffer in) {
        byte[] bytes = new byte[getCount(in)];
        in.get(bytes);
        return bytes;
    }

    public static void putText(ByteBuffer out, String text) {
        putBytes(out, text.getBytes(StandardCharsets.UTF_8));
    }

    public static String getText(ByteBuffer in) {
        return new String(getBytes(in), StandardCharsets.UTF_8);
    }

    // ---- vocabulary --------------------------------------------------------------------------------------------

    public static void putKey(ByteBuffer out, Key key) {
        putBytes(out, key.bytes());
    }

    public static Key getKey(ByteBuffer in) {
        return Key.wrap(getBytes(in));
    }

    public static void putSpan(ByteBuffer out, Span span) {
        putKey(out, span.start());
        putKey(out, span.end());
    }

    public static Span getSpan(ByteBuffer in) {
        Key start = getKey(in);
        return new Span(start, getKey(in));
    }

    public static void putValue(ByteBuffer out, Value value) {
        putBytes(out, value.bytes());
    }

    public static Value getValue(ByteBuffer in) {
        return Value.wrap(getBytes(in));
    }

    /** Null is 0, anything else its length plus one. */
    public static void putOptionalBytes(ByteBuffer out, byte @Nullable [] bytes) {
        if (bytes == null) {
            out.put((byte) 0);
        } else {
            putVarint(out, bytes.length + 1L);
            out.put(bytes);
        }
    }

    public static byte @Nullable [] getOptionalBytes(ByteBuffer in) {
        long lengthPlusOne = getVarint(in);
        if (lengthPlusOne == 0) {
            return null;
        }
        byte[] bytes = new byte[checkCount(in, lengthPlusOne - 1)];
        in.get(bytes);
        return bytes;
    }

    public static void putOptionalValue(ByteBuffer out, @Nullable Value value) {
        putOptionalBytes(out, value == null ? null : value.bytes());
    }

    public static @Nullable Value getOptionalValue(ByteBuffer in) {
        byte[] bytes = getOptionalBytes(in);
        return bytes == null ? null : Value.wrap(bytes);
    }

    public static void putTimestamp(ByteBuffer out, Timestamp timestamp) {
        putFixed(out, timestamp.packed());
    }

    public static Timestamp getTimestamp(ByteBuffer in) {
        return new Timestamp(getFixed(in));
    }

    public static void putNode(ByteBuffer out, NodeId node) {
        putVarint(out, node.value());
    }

    public static NodeId getNode(ByteBuffer in) {
        return new NodeId(getInt(in));
    }

    // ---- lists -------------------------------------------------------------------------------------------------

    /** How many elements or bytes follow; refused if there cannot be as many, each being one byte at least. */
    public static int getCount(ByteBuffer in) {
        return checkCount(in, getVarint(in));
    }

    public static <T> List<T> getList(ByteBuffer in, Function<ByteBuffer, T> element) {
        int count = getCount(in);
        if (count == 0) {
            return List.of();
        }
        List<T> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(element.apply(in));
        }
        return list;
    }

    /** Runs a decoder; whatever bytes can make it throw becomes a {@link WireFormatException}. */
    public static <T> T decoding(String what, ByteBuffer in, Function<ByteBuffer, T> decoder) {
        try {
            return decoder.apply(in);
        } catch (WireFormatException e) {
            throw e;
        } catch (BufferUnderflowException e) {
            throw new WireFormatException(what + " is cut short", e);
        } catch (IllegalArgumentException e) {
            throw new WireFormatException(what + " has an impossible value: " + e.getMessage(), e);
        }
    }

    static WireFormatException unknownKind(String what, int kind) {
        return new WireFormatException("unknown kind of " + what + ": " + kind);
    }

    private static int checkCount(ByteBuffer in, long count) {
        if (count < 0 || count > in.remaining()) {
            throw new WireFormatException(
                    "length " + count + " exceeds the " + in.remaining() + " bytes that are left");
        }
        return (int) count;
    }
}
