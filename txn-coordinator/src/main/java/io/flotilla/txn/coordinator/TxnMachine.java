package io.flotilla.txn.coordinator;

import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvReply;
import java.util.ArrayList;
import java.util.List;

/**
 * One piece of unfinished business of the coordinator. Pure: events in, effects out. Answers exactly once. Not thread-safe; may be handed from thread
 * to thread.
 */
public abstract class TxnMachine {
    private List<TxnEffect> effects = new ArrayList<>(2);
    private int calls;

    TxnMachine() {}

    public final List<TxnEffect> start(TxnTime now) {
        onStart(now);
        return takeEffects();
    }

    /** The reply to the batch sent as {@code call}. Replies nobody waits for any more are ignored. */
    public final List<TxnEffect> reply(TxnTime now, int call, KvReply reply) {
        onReply(now, call, reply);
        return takeEffects();
    }

    /** Time passes; needed from {@link #dueMicros} on. */
    public final List<TxnEffect> tick(TxnTime now) {
        if (now.micros() >= dueMicros()) {
            onTick(now);
        }
        return takeEffects();
    }

    /** When, by {@link TxnTime#micros}, the machine next wants a tick; {@link Long#MAX_VALUE} for never. */
    public abstract long dueMicros();

    /** Answered, and nothing left to do. */
    public abstract boolean isDone();

    abstract void onStart(TxnTime now);

    abstract void onReply(TxnTime now, int call, KvReply reply);

    abstract void onTick(TxnTime now);

    final int send(KvBatch batch) {
        int call = ++calls;
        effects.add(new TxnEffect.Send(call, batch));
        return call;
    }

    final void emit(TxnEffect effect) {
        effects.add(effect);
    }

    private List<TxnEffect> takeEffects() {
        if (effects.isEmpty()) {
            return List.of();
        }
        List<TxnEffect> taken = effects;
        effects = new ArrayList<>(2);
        return taken;
    }
}
