package io.flotilla.node.mvcc;

import static java.util.Objects.requireNonNull;

import io.flotilla.node.storage.Engine;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a replica knows of its own state without looking at it: the sum of the {@link EntryHash}es of all entries, kept up by every entry of the log that
 * is applied. Replicas that have applied the same entries have the same.
 *
 * <p>A split divides the state and cannot divide the sum without reading one half, so both sides go on with the whole one: {@code sum = sum over the own
 * state + foreign}, where foreign is the same constant on every replica of the range. Replicas still compare, and a difference from before the split shows
 * in both halves. What is foreign is counted later by one of them and taken out of all by an entry of the log ({@link Mutation.Check}).
 *
 * @param since 0 if nothing is foreign; else the index of the split after which something is
 */
public record StateChecksum(long sum, long since) {
    /** Of no state at all. */
    public static final StateChecksum EMPTY = new StateChecksum(0, 0);

    /** Whether it is the sum over the own state and nothing else. */
    public boolean isExact() {
        return since == 0;
    }

    public StateChecksum plus(long change) {
        return new StateChecksum(sum + change, since);
    }

    /** Either side's after a split at that index of its own log. */
    public StateChecksum afterSplit(long index) {
        return new StateChecksum(sum, index);
    }

    /** What was counted as foreign since that split goes; unless there was another one meanwhile. */
    public StateChecksum without(Mutation.Check check) {
        return check.since() != 0 && check.since() == since ? new StateChecksum(sum - check.foreign(), 0) : this;
    }

    /**
     * Passes writes on to a batch and adds up what they change. What is overwritten or deleted counts as this replica wrote it, or as it finds it in its
     * engine: what it says of its state is of its own state, whatever the leaseholder thinks was there. Versions of values are only ever added, and
     * intents and records seldom live long enough to be looked up.
     *
     * <p>For one range, batch after batch; not thread-safe.
     */
    public static final class Adding implements Mutation.Target {
        /** Intents and records that are remembered after their batch; more are looked up when they go. */
        private static final int REMEMBERED_MAX = 1_024;

        private record Place(Engine.Space space, ByteBuffer key) {}

        private final Engine engine;
        private Engine.@Nullable Batch batch;
        private Mutation.@Nullable Target listener;

        /** Hashes of intents and records as they were written, oldest first; 0 for what this batch, which the engine does not show yet, has deleted. */
        private final Map<Place, Long> written = new LinkedHashMap<>();

        private final List<Place> deleted = new ArrayList<>();
        private long sum;

        public Adding(Engine engine) {
            this.engine = engine;
        }

        /** What comes goes there, until {@link #written}. */
        public Adding to(Engine.Batch next) {
            batch = next;
            return this;
        }

        /** Tells {@code next} of every write from now on, too, just as it goes into the batch; null for nobody. */
        public void tell(Mutation.@Nullable Target next) {
            listener = next;
        }

        /** What the state adds up to more than when this was last asked. */
        public long take() {
            long taken = sum;
            sum = 0;
            return taken;
        }

        /** The engine shows the batch now. */
        public void written() {
            batch = null;
            for (Place place : deleted) {
                written.remove(place, 0L);
            }
            deleted.clear();
            Iterator<Place> oldest = written.keySet().iterator();
            for (int over = written.size() - REMEMBERED_MAX; over > 0; over--) {
                oldest.next();
                oldest.remove();
            }
        }

        /** The state is another one than the one that was written. */
        public void forget() {
            written.clear();
        }

        @Override
        public void put(Engine.Space space, byte[] key, byte[] value) {
            long hash = EntryHash.of(space, key, value);
            sum += hash;
            if (space != Engine.Space.DATA) {
                written.put(place(space, key), hash);
            }
            requireNonNull(batch).put(space, key, value);
            if (listener != null) {
                listener.put(space, key, value);
            }
        }

        @Override
        public void replace(Engine.Space space, byte[] key, byte[] value) {
            sum -= there(place(space, key), space, key);
            put(space, key, value);
        }

        @Override
        public void delete(Engine.Space space, byte[] key) {
            Place place = place(space, key);
            sum -= there(place, space, key);
            written.put(place, 0L);
            deleted.add(place);
            deleteInBatch(space, key);
        }

        /** Takes away a version that is there, and was there before the batch. Nothing else ever does. */
        void removeVersion(byte[] key, byte[] value) {
            sum -= EntryHash.of(Engine.Space.DATA, key, value);
            deleteInBatch(Engine.Space.DATA, key);
        }

        private void deleteInBatch(Engine.Space space, byte[] key) {
            requireNonNull(batch).delete(space, key);
            if (listener != null) {
                listener.delete(space, key);
            }
        }

        private long there(Place place, Engine.Space space, byte[] key) {
            Long known = written.get(place);
            if (known != null) {
                return known;
            }
            byte[] old = engine.get(space, key);
            return old == null ? 0 : EntryHash.of(space, key, old);
        }

        private static Place place(Engine.Space space, byte[] key) {
            return new Place(space, ByteBuffer.wrap(key));
        }
    }
}
