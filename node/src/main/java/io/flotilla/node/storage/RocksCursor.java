package io.flotilla.node.storage;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/** Walks one interval of one space. Key and value are copied out of native memory once, when first asked for. */
final class RocksCursor implements Engine.Cursor {
    private final Gate gate;
    private final RocksIterator iterator;
    private final ReadOptions options;
    private final Slice bound;
    private boolean valid;
    private boolean closed;
    private byte @Nullable [] key;

    /**
     * The caller has entered {@code gate}; {@link #close} leaves it.
     *
     * @throws StorageException if the first key cannot be read; the caller is still inside then
     */
    RocksCursor(Gate gate, RocksDB db, ColumnFamilyHandle family, byte[] from, byte[] to) {
        this.gate = gate;
        this.bound = new Slice(to);
        this.options = new ReadOptions().setIterateUpperBound(bound);
        this.iterator = db.newIterator(family, options);
        if (Arrays.compareUnsigned(from, to) < 0) {
            try {
                iterator.seek(from);
                settle();
            } catch (RuntimeException e) {
                free(); // nobody else can
                throw e;
            }
        }
    }

    private void settle() {
        key = null;
        valid = iterator.isValid();
        if (!valid) {
            try {
                iterator.status(); // the end, or an error that looks like it
            } catch (RocksDBException e) {
                throw RocksEngine.failed("read", e);
            }
        }
    }

    @Override
    public boolean isValid() {
        return valid;
    }

    private void checkValid() {
        gate.checkOpen();
        if (!valid) {
            throw new IllegalStateException("the cursor is at its end");
        }
    }

    @Override
    public byte[] key() {
        checkValid();
        byte[] known = key;
        if (known == null) {
            known = iterator.key();
            key = known;
        }
        return known;
    }

    @Override
    public byte[] value() {
        checkValid();
        return iterator.value();
    }

    @Override
    public void next() {
        checkValid();
        iterator.next();
        settle();
    }

    @Override
    public void seek(byte[] target) {
        if (valid && Arrays.compareUnsigned(key(), target) < 0) {
            iterator.seek(target);
            settle();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        valid = false;
        free();
        gate.exit();
    }

    private void free() {
        iterator.close();
        options.close();
        bound.close();
    }
}
