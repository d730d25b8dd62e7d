package io.flotilla.node.mvcc;

import io.flotilla.node.storage.Engine.Space;

/** Collects the writes of a {@link Mutation} in order. Not thread-safe. */
public final class MutationWriter {
    static final int PUT = 0;
    static final int DELETE = 1;
    static final int REPLACE = 2;

    private final ByteWriter out = new ByteWriter(256).u8(Mutation.PLAIN);
    private boolean empty = true;

    /** Nothing is under that key yet. */
    public void put(Space space, byte[] key, byte[] value) {
        head(PUT, space).counted(key).counted(value);
    }

    /** As {@link #put}, over what is under that key. */
    public void replace(Space space, byte[] key, byte[] value) {
        head(REPLACE, space).counted(key).counted(value);
    }

    public void delete(Space space, byte[] key) {
        head(DELETE, space).counted(key);
    }

    public boolean isEmpty() {
        return empty;
    }

    /** The writes, as {@link Mutation#payload} takes them. */
    public byte[] toBytes() {
        return out.toBytes();
    }

    private ByteWriter head(int kind, Space space) {
        empty = false;
        return out.u8(kind << 4 | space.ordinal());
    }
}
