package io.flotilla.node.mvcc;

import io.flotilla.node.storage.Engine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The least that is an engine: one sorted map for each space. Not thread-safe. */
final class MapEngine implements Engine {
    private final Map<Space, TreeMap<byte[], byte[]>> spaces = new EnumMap<>(Space.class);

    /** How many cursors were opened. */
    int searches;

    MapEngine() {
        for (Space space : Space.values()) {
            spaces.put(space, new TreeMap<>(Arrays::compareUnsigned));
        }
    }

    TreeMap<byte[], byte[]> in(Space space) {
        TreeMap<byte[], byte[]> map = spaces.get(space);
        if (map == null) {
            throw new IllegalArgumentException("no space " + space);
        }
        return map;
    }

    @Override
    public byte @Nullable [] get(Space space, byte[] key) {
        return in(space).get(key);
    }

    @Override
    public Cursor cursor(Space space, byte[] from, byte[] to) {
        searches++;
        return new MapCursor(new TreeMap<>(in(space).subMap(from, to)));
    }

    @Override
    public Batch newBatch() {
        return new MapBatch();
    }

    @Override
    public void write(Batch batch) {
        for (Runnable write : ((MapBatch) batch).writes) {
            write.run();
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}

    private static final class MapCursor implements Cursor {
        private final TreeMap<byte[], byte[]> view;
        private Map.@Nullable Entry<byte[], byte[]> at;

        MapCursor(TreeMap<byte[], byte[]> view) {
            this.view = view;
            this.at = view.firstEntry();
        }

        @Override
        public boolean isValid() {
            return at != null;
        }

        @Override
        public byte[] key() {
            return entry().getKey();
        }

        @Override
        public byte[] value() {
            return entry().getValue();
        }

        @Override
        public void next() {
            at = view.higherEntry(key());
        }

        @Override
        public void seek(byte[] key) {
            if (Arrays.compareUnsigned(key, key()) < 0) {
                throw new IllegalStateException("a cursor only moves forward");
            }
            at = view.ceilingEntry(key);
        }

        @Override
        public void close() {}

        private Map.Entry<byte[], byte[]> entry() {
            Map.Entry<byte[], byte[]> entry = at;
            if (entry == null) {
                throw new IllegalStateException("the cursor is past its end");
            }
            return entry;
        }
    }

    private final class MapBatch implements Batch {
        private final List<Runnable> writes = new ArrayList<>();

        @Override
        public void put(Space space, byte[] key, byte[] value) {
            writes.add(() -> in(space).put(key, value));
        }

        @Override
        public void delete(Space space, byte[] key) {
            writes.add(() -> in(space).remove(key));
        }

        @Override
        public void deleteRange(Space space, byte[] from, byte[] to) {
            writes.add(() -> in(space).subMap(from, to).clear());
        }

        @Override
        public void close() {}
    }
}
