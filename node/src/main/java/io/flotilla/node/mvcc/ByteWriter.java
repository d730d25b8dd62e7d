package io.flotilla.node.mvcc;

import java.util.Arrays;

/** Bytes that grow at the end. Not thread-safe. */
final class ByteWriter {
    private byte[] buffer;
    private int size;

    ByteWriter(int capacity) {
        buffer = new byte[capacity];
    }

    ByteWriter u8(int value) {
        ensure(1);
        buffer[size++] = (byte) value;
        return this;
    }

    /** Eight bytes, big-endian. */
    ByteWriter i64(long value) {
        ensure(8);
        for (int shift = 56; shift >= 0; shift -= 8) {
            buffer[size++] = (byte) (value >>> shift);
        }
        return this;
    }

    /** An int that is not negative, seven bits a byte, the lowest first. */
    ByteWriter varint(int value) {
        ensure(5);
        int rest = value;
        while (rest > 0x7F) {
            buffer[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        buffer[size++] = (byte) rest;
        return this;
    }

    ByteWriter bytes(byte[] bytes) {
        return bytes(bytes, 0, bytes.length);
    }

    ByteWriter bytes(byte[] bytes, int from, int length) {
        ensure(length);
        System.arraycopy(bytes, from, buffer, size, length);
        size += length;
        return this;
    }

    /** The length, then the bytes. */
    ByteWriter counted(byte[] bytes) {
        return varint(bytes.length).bytes(bytes);
    }

    byte[] toBytes() {
        return size == buffer.length ? buffer : Arrays.copyOf(buffer, size);
    }

    private void ensure(int more) {
        if (buffer.length - size < more) {
            buffer = Arrays.copyOf(buffer, Math.max(size + more, buffer.length * 2));
        }
    }
}
