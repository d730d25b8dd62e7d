package io.flotilla.node.mvcc;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.storage.Engine.Space;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What stands under keys that were looked at lately: the newest version and the intent. To find the newest version of one key, the engine has to search
 * its memory tables and files for it, and where keys are overwritten again and again that was the largest part of what a write cost the leaseholder.
 *
 * <p>All ranges of a store share its room; what is seldom asked for gives way. Each has a {@link View} of its own for as long as it alone writes what it
 * looks at, that is while it leads.
 *
 * <p>Thread-safe; a view is not.
 */
public final class KeyCache {
    /** With {@link #VALUE_BYTES_MAX} some tens of megabytes at most. */
    private static final int KEYS_MAX = 32_768;

    /** Larger values are not worth their room: to read them costs more than to find them. */
    private static final int VALUE_BYTES_MAX = 1_024;

    private record Place(long view, Key key) {}

    /** What stands under a key; as a view's writes go on, so does this. */
    static final class Standing {
        private @Nullable Version newest;
        private boolean moved;
        private @Nullable Intent intent;

        /** @param moved whether {@code newest} was committed above its intent */
        Standing(@Nullable Version newest, boolean moved, @Nullable Intent intent) {
            this.newest = newest;
            this.moved = moved;
            this.intent = intent;
        }

        @Nullable
        Version newest() {
            return newest;
        }

        boolean isMoved() {
            return moved;
        }

        @Nullable
        Intent intent() {
            return intent;
        }

        /** Whether there is no version at or above {@code lowest}. */
        boolean isOlderThan(Timestamp lowest) {
            return newest == null || newest.timestamp().isBefore(lowest);
        }

        private boolean isSmall() {
            return (newest == null || isSmall(newest.value())) && (intent == null || isSmall(intent.value()));
        }

        private static boolean isSmall(@Nullable Value value) {
            return value == null || value.length() <= VALUE_BYTES_MAX;
        }
    }

    // Its upkeep is little, and done by whoever comes by: no other thread has to wake up for it.
    private final Cache<Place, Standing> standings =
            Caffeine.newBuilder().maximumSize(KEYS_MAX).executor(Runnable::run).build();

    private final AtomicLong views = new AtomicLong();

    /** A view that knows nothing yet. */
    public View open() {
        return new View();
    }

    /** One leaseholder's. It must be told of every write to the keys it is asked about, from when it is opened. */
    public final class View implements Mutation.Target {
        private long id = views.incrementAndGet();

        private View() {}

        /** Forgets everything. What is left in the cache is found by nobody any more, and gives way. */
        public void forget() {
            id = views.incrementAndGet();
        }

        @Nullable
        Standing find(Key key) {
            return standings.getIfPresent(new Place(id, key));
        }

        void keep(Key key, Standing standing) {
            if (standing.isSmall()) {
                standings.put(new Place(id, key), standing);
            }
        }

        @Override
        public void put(Space space, byte[] key, byte[] value) {
            if (space == Space.DATA) {
                Key user = MvccKeys.userKeyOfData(key);
                Standing known = find(user);
                Timestamp timestamp = MvccKeys.timestampOfData(key);
                if (known != null && (known.newest == null || !timestamp.isBefore(known.newest.timestamp()))) {
                    known.newest = VersionCodec.decode(timestamp, value);
                    known.moved = VersionCodec.isMoved(value);
                    dropUnlessSmall(user, known);
                }
            } else if (space == Space.INTENT) {
                Key user = Key.wrap(key);
                Standing known = find(user);
                if (known != null) {
                    known.intent = IntentCodec.decode(value);
                    dropUnlessSmall(user, known);
                }
            }
        }

        @Override
        public void replace(Space space, byte[] key, byte[] value) {
            put(space, key, value);
        }

        @Override
        public void delete(Space space, byte[] key) {
            if (space == Space.DATA) {
                Key user = MvccKeys.userKeyOfData(key);
                Standing known = find(user);
                if (known != null
                        && known.newest != null
                        && MvccKeys.timestampOfData(key).equals(known.newest.timestamp())) {
                    drop(user); // what is the newest now, the engine knows
                }
            } else if (space == Space.INTENT) {
                Standing known = find(Key.wrap(key));
                if (known != null) {
                    known.intent = null;
                }
            }
        }

        private void dropUnlessSmall(Key key, Standing known) {
            if (!known.isSmall()) {
                drop(key);
            }
        }

        private void drop(Key key) {
            standings.invalidate(new Place(id, key));
        }
    }
}
