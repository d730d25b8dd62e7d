package io.flotilla.range.routing;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads descriptors from the meta range into the cache. Those who miss neighbouring keys at the same time wait for one look-up: it also
 * fetches the following descriptors, so it will usually answer for all.
 *
 * <p>Threading: any thread. Locks are held only to join or to end a look-up, never while calling out.
 */
final class MetaLookups {
    private static final long BYTES_MAX = 256 * 1024;

    private final Scheduler scheduler;
    private final RoutingSettings settings;

    /** By the key that is looked up. */
    private final ConcurrentSkipListMap<Key, Flight> flights = new ConcurrentSkipListMap<>();

    MetaLookups(Scheduler scheduler, RoutingSettings settings) {
        this.scheduler = scheduler;
        this.settings = settings;
    }

    /** Calls back with null once the cache holds a range for {@code key}, or with what prevented that. */
    void find(RouteContext context, Key key, long deadlineMicros, Consumer<@Nullable KvError> caller) {
        Consumer<@Nullable KvError> callback = guarded(deadlineMicros, caller);
        Map.Entry<Key, Flight> below = flights.floorEntry(key);
        if (below != null && !below.getKey().equals(key)) {
            Consumer<@Nullable KvError> orAlone = error -> {
                if (error == null && context.cache().find(key) == null) {
                    findAlone(context, key, callback);
                } else {
                    callback.accept(error);
                }
            };
            if (below.getValue().join(orAlone)) {
                return;
            }
        }
        findAlone(context, key, callback);
    }

    private void findAlone(RouteContext context, Key key, Consumer<@Nullable KvError> callback) {
        Consumer<@Nullable KvError> covered = error -> callback.accept(
                error == null && context.cache().find(key) == null
                        ? new KvError.Unavailable("UNREACHABLE", key, "the meta range has no descriptor for it", false)
                        : error);
        while (true) {
            Flight flight = new Flight(scheduler.nowMicros() + settings.attemptMicrosMax());
            Flight same = flights.putIfAbsent(key, flight);
            Flight joined = same == null ? flight : same;
            boolean in = joined.join(covered);
            if (same == null) {
                launch(context, key, flight);
                return;
            }
            if (in) {
                return;
            }
            flights.remove(key, same);
        }
    }

    /** Reads what the meta range says by now; whoever asks the cache next finds it. What is known stays until then, since it may be true. */
    void refresh(RouteContext context, RangeDescriptor known) {
        if (known.id().equals(RangeId.META)) {
            return;
        }
        Key key = known.span().start();
        Flight flight = new Flight(scheduler.nowMicros() + settings.attemptMicrosMax());
        if (flights.putIfAbsent(key, flight) == null) {
            launch(context, key, flight);
        }
    }

    private void launch(RouteContext context, Key key, Flight flight) {
        // Consistent, it could wait for a split's intent, whose fate is asked at a key that must be looked up first.
        KvOp scan = KvOp.Scan.inconsistent(KeySpace.metaFrom(key), settings.lookupRows(), BYTES_MAX);
        KvBatch batch = new KvBatch(KvHeader.standalone(settings.attemptMicrosMax()), List.of(scan));
        new Delivery(context, batch, flight.deadlineMicros, false, reply -> {
                    KvError error = learn(context.cache(), key, reply);
                    flights.remove(key, flight);
                    flight.end(error);
                })
                .route();
    }

    private static @Nullable KvError learn(RangeCache cache, Key key, KvReply reply) {
        if (reply instanceof KvReply.Refused refused) {
            return refused.error();
        }
        KvResult result = ((KvReply.Done) reply).results().get(0);
        try {
            for (KvResult.Row row : ((KvResult.Scanned) result).rows()) {
                RangeDescriptor descriptor =
                        RangeDescriptorCodec.decode(row.value().bytes());
                cache.insert(descriptor);
                cache.fillIn(descriptor, key);
            }
            return null;
        } catch (IllegalArgumentException e) {
            return new KvError.Internal("the meta range holds what is not a descriptor: " + e.getMessage(), false);
        }
    }

    /** The same callback, called once: with what was found, or when the waiter's own time is up before the look-ups' (at most two). */
    private Consumer<@Nullable KvError> guarded(long deadlineMicros, Consumer<@Nullable KvError> callback) {
        long left = deadlineMicros - scheduler.nowMicros();
        if (left > 2 * settings.attemptMicrosMax()) {
            return callback;
        }
        AtomicBoolean called = new AtomicBoolean();
        scheduler.schedule(Math.max(1, left), () -> {
            if (called.compareAndSet(false, true)) {
                callback.accept(new KvError.DeadlineExceeded("ROUTE", false));
            }
        });
        return error -> {
            if (called.compareAndSet(false, true)) {
                callback.accept(error);
            }
        };
    }

    /** One look-up under way and those who wait for it. */
    private static final class Flight {
        private final long deadlineMicros;
        private @Nullable List<Consumer<@Nullable KvError>> waiters = new ArrayList<>(2);

        private Flight(long deadlineMicros) {
            this.deadlineMicros = deadlineMicros;
        }

        /** @return false if it has ended already */
        private synchronized boolean join(Consumer<@Nullable KvError> waiter) {
            List<Consumer<@Nullable KvError>> open = waiters;
            return open != null && open.add(waiter);
        }

        private void end(@Nullable KvError error) {
            List<Consumer<@Nullable KvError>> ended;
            synchronized (this) {
                ended = waiters;
                waiters = null;
            }
            if (ended != null) {
                for (Consumer<@Nullable KvError> waiter : ended) {
                    waiter.accept(error);
                }
            }
        }
    }
}
