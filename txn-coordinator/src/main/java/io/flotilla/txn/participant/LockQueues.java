package io.flotilla.txn.participant;

import io.flotilla.config.key.Key;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Requests that wait for intents to go, by key; and, by holder, when to ask what became of it. */
final class LockQueues {
    /** Whoever waits for the intent on one key. */
    private static final class Queue {
        private Holder holder;
        private final List<Request> waiters = new ArrayList<>(2);
        private boolean resolving;

        private Queue(Holder holder) {
            this.holder = holder;
        }
    }

    /** A transaction whose intents are waited for. */
    private static final class Holder {
        private final TxnMeta meta;
        private final TreeMap<Key, Queue> queues = new TreeMap<>();
        private boolean asking;
        private long dueMicros = Long.MAX_VALUE;
        private long pauseMicros;
        private FinishedTxns.@Nullable Fate fate;

        private Holder(TxnMeta meta) {
            this.meta = meta;
        }
    }

    private final long pushDelayMicros;
    private final Map<Key, Queue> queues = new HashMap<>();
    private final Map<TxnId, Holder> holders = new LinkedHashMap<>();
    private final FinishedTxns finished = new FinishedTxns();

    /** No holder is due before this. */
    private long nextDueMicros = Long.MAX_VALUE;

    LockQueues(TxnSettings settings) {
        this.pushDelayMicros = settings.pushDelayMillis() * 1_000;
    }

    boolean isEmpty() {
        return queues.isEmpty();
    }

    void add(long nowMicros, Request request, Key key, TxnMeta meta, List<Sequencer.Effect> effects) {
        Queue queue = queueFor(key, meta);
        Holder holder = queue.holder;
        request.state = Request.State.WAITING_FOR_LOCK;
        request.lockKey = key;
        Request.insert(queue.waiters, request);
        if (holder.fate == null) {
            holder.fate = finished.get(meta.id());
        }
        if (holder.fate != null) {
            if (!queue.resolving) {
                effects.add(resolve(holder, List.of(key)));
                queue.resolving = true;
                due(holder, Math.min(holder.dueMicros, nowMicros + TxnLimits.RESOLVE_AGAIN_MILLIS * 1_000));
            }
        } else if (!holder.asking) {
            due(holder, Math.min(holder.dueMicros, nowMicros + pushDelayMicros));
        }
    }

    /** Removes a request that gives up; returns the holder it waited for. */
    TxnMeta remove(Request request) {
        Key key = request.lockKey;
        Queue queue = key == null ? null : queues.get(key);
        if (key == null || queue == null) {
            return TxnMeta.NONE;
        }
        queue.waiters.remove(request);
        request.lockKey = null;
        TxnMeta meta = queue.holder.meta;
        if (queue.waiters.isEmpty()) {
            queues.remove(key);
            leave(queue.holder, key);
        }
        return meta;
    }

    /** The intent on {@code key} is gone: whoever waited for it, in order of arrival. */
    List<Request> release(Key key) {
        Queue queue = queues.remove(key);
        if (queue == null) {
            return List.of();
        }
        leave(queue.holder, key);
        for (Request request : queue.waiters) {
            request.lockKey = null;
        }
        return queue.waiters;
    }

    void resolved(long nowMicros, TxnMeta meta, TxnStatus status, Timestamp timestamp, List<Sequencer.Effect> effects) {
        Holder holder = holders.get(meta.id());
        if (!status.isFinal()) {
            if (holder != null && holder.asking) {
                holder.asking = false;
                holder.pauseMicros = Math.min(
                        TxnLimits.PUSH_BACKOFF_MILLIS_MAX * 1_000, 2 * Math.max(pushDelayMicros, holder.pauseMicros));
                due(holder, nowMicros + holder.pauseMicros);
            }
            return;
        }
        FinishedTxns.Fate fate = new FinishedTxns.Fate(status, timestamp);
        finished.put(meta.id(), fate);
        if (holder != null && holder.fate == null) {
            holder.asking = false;
            holder.fate = fate;
            resolveAll(nowMicros, holder, effects);
        }
    }

    /** Pushes that are due, and resolutions that seem to be lost. */
    void tick(long nowMicros, List<Sequencer.Effect> effects) {
        if (nowMicros < nextDueMicros) {
            return;
        }
        nextDueMicros = Long.MAX_VALUE;
        for (Holder holder : holders.values()) {
            if (holder.dueMicros <= nowMicros) {
                holder.dueMicros = Long.MAX_VALUE;
                if (holder.fate != null) {
                    resolveAll(nowMicros, holder, effects);
                } else if (!holder.asking) {
                    holder.asking = true;
                    effects.add(new Sequencer.Push(highestRanked(holder), holder.meta));
                }
            }
            nextDueMicros = Math.min(nextDueMicros, holder.dueMicros);
        }
    }

    void clear() {
        queues.clear();
        holders.clear();
        nextDueMicros = Long.MAX_VALUE;
    }

    private Queue queueFor(Key key, TxnMeta meta) {
        Queue queue = queues.get(key);
        if (queue == null) {
            queue = new Queue(holders.computeIfAbsent(meta.id(), id -> new Holder(meta)));
            queues.put(key, queue);
            queue.holder.queues.put(key, queue);
        } else if (!queue.holder.meta.id().equals(meta.id())) {
            // Another transaction laid its intent meanwhile: that is the one all wait for now.
            leave(queue.holder, key);
            queue.holder = holders.computeIfAbsent(meta.id(), id -> new Holder(meta));
            queue.holder.queues.put(key, queue);
            queue.resolving = false;
        }
        return queue;
    }

    private void leave(Holder holder, Key key) {
        holder.queues.remove(key);
        if (holder.queues.isEmpty()) {
            holders.remove(holder.meta.id());
        }
    }

    private void resolveAll(long nowMicros, Holder holder, List<Sequencer.Effect> effects) {
        for (Queue queue : holder.queues.values()) {
            queue.resolving = true;
        }
        effects.add(resolve(holder, List.copyOf(holder.queues.keySet())));
        due(holder, nowMicros + TxnLimits.RESOLVE_AGAIN_MILLIS * 1_000);
    }

    private static Sequencer.Resolve resolve(Holder holder, List<Key> keys) {
        FinishedTxns.Fate fate = holder.fate;
        if (fate == null) {
            throw new IllegalStateException("the fate of " + holder.meta.id() + " is not known");
        }
        return new Sequencer.Resolve(keys, holder.meta.id(), fate.status(), fate.timestamp());
    }

    private void due(Holder holder, long micros) {
        holder.dueMicros = micros;
        nextDueMicros = Math.min(nextDueMicros, micros);
    }

    private static TxnMeta highestRanked(Holder holder) {
        TxnMeta best = TxnMeta.NONE;
        for (Queue queue : holder.queues.values()) {
            for (Request request : queue.waiters) {
                TxnMeta txn = request.txn();
                if (txn.isPresent() && (!best.isPresent() || txn.outranks(best))) {
                    best = txn;
                }
            }
        }
        return best;
    }
}
