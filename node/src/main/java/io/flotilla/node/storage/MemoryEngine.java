package io.flotilla.node.storage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The engine as sorted maps, for tests and the simulator.
 *
 * <p>A cursor is a copy of its interval made when it is opened, so it is consistent as long as no batch is written in that moment; batches
 * and copies exclude each other. {@link #crash} gives what a crash would leave.
 */
public final class MemoryEngine implements Engine {
    private static final Comparator<byte[]> ORDER = Arrays::compareUnsigned;

    private final Map<Space, NavigableMap<byte[], byte[]>> spaces = new EnumMap<>(Space.class);
    private Map<Space, NavigableMap<byte[], byte[]>> flushed = new EnumMap<>(Space.class);
    private volatile boolean closed;

    public MemoryEngine() {
        for (Space space : Space.values()) {
            spaces.put(space, new ConcurrentSkipListMap<>(ORDER));
        }
    }

    /** A new engine with what was flushed here last and nothing since. */
    public synchronized MemoryEngine crash() {
        MemoryEngine survivor = new MemoryEngine();
        flushed.forEach((space, entries) -> survivor.of(space).putAll(entries));
        survivor.flush();
        return survivor;
    }

    private NavigableMap<byte[], byte[]> of(Space space) {
        if (closed) {
            throw new StorageException("the engine is closed");
        }
        NavigableMap<byte[], byte[]> entries = spaces.get(space);
        if (entries == null) {
            throw new IllegalArgumentException("no space " + space);
        }
        return entries;
    }

    @Override
    public byte @Nullable [] get(Space space, byte[] key) {
        return of(space).get(key);
    }

    @Override
    public Cursor cursor(Space space, byte[] from, byte[] to) {
        NavigableMap<byte[], byte[]> entries = of(space);
        if (ORDER.compare(from, to) >= 0) {
            return new CopyCursor(new TreeMap<>(ORDER));
        }
        synchronized (this) {
            return new CopyCursor(new TreeMap<>(entries.subMap(from, true, to, false)));
        }
    }

    @Override
    public Batch newBatch() {
        of(Space.DATA);
        return new MemoryBatch(this);
    }

    @Override
    public synchronized void write(Batch batch) {
        of(Space.DATA);
        MemoryBatch own = (MemoryBatch) batch;
        if (own.engine != this) {
            throw new IllegalArgumentException("the batch belongs to another engine");
        }
        own.steps.forEach(Runnable::run);
    }

    @Override
    public synchronized void flush() {
        of(Space.DATA);
        Map<Space, NavigableMap<byte[], byte[]>> copy = new EnumMap<>(Space.class);
        spaces.forEach((space, entries) -> copy.put(space, new TreeMap<>(entries)));
        flushed = copy;
    }

    @Override
    public void close() {
        closed = true;
    }

    private static final class MemoryBatch implements Batch {
        private final MemoryEngine engine;
        private final List<Runnable> steps = new ArrayList<>();

        MemoryBatch(MemoryEngine engine) {
            this.engine = engine;
        }

        @Override
        public void put(Space space, byte[] key, byte[] value) {
            byte[] ownKey = key.clone();
            byte[] ownValue = value.clone();
            steps.add(() -> engine.of(space).put(ownKey, ownValue));
        }

        @Override
        public void delete(Space space, byte[] key) {
            byte[] ownKey = key.clone();
            steps.add(() -> engine.of(space).remove(ownKey));
        }

        @Override
        public void deleteRange(Space space, byte[] from, byte[] to) {
            if (ORDER.compare(from, to) >= 0) {
                return;
            }
            byte[] ownFrom = from.clone();
            byte[] ownTo = to.clone();
            steps.add(() -> engine.of(space).subMap(ownFrom, true, ownTo, false).clear());
        }

        @Override
        public void close() {
            steps.clear();
        }
    }

    private static final class CopyCursor implements Cursor {
        private final NavigableMap<byte[], byte[]> entries;
        private Map.@Nullable Entry<byte[], byte[]> current;

        CopyCursor(NavigableMap<byte[], byte[]> entries) {
            this.entries = entries;
            this.current = entries.firstEntry();
        }

        @Override
        public boolean isValid() {
            return current != null;
        }

        private Map.Entry<byte[], byte[]> valid() {
            Map.Entry<byte[], byte[]> entry = current;
            if (entry == null) {
                throw new IllegalStateException("the cursor is at its end");
            }
            return entry;
        }

        @Override
        public byte[] key() {
            return valid().getKey();
        }

        @Override
        public byte[] value() {
            return valid().getValue();
        }

        @Override
        public void next() {
            current = entries.higherEntry(valid().getKey());
        }

        @Override
        public void seek(byte[] key) {
            Map.Entry<byte[], byte[]> entry = current;
            if (entry != null && ORDER.compare(key, entry.getKey()) > 0) {
                current = entries.ceilingEntry(key);
            }
        }

        @Override
        public void close() {
            current = null;
        }
    }
}
