package io.flotilla.txn.participant;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;

/**
 * Decides when each request of one range may evaluate. One instance per leaseholder; not thread-safe; deterministic.
 *
 * <p>A request's life: {@link #admit}; when an effect says {@link Proceed}, the replica evaluates it and tells one of {@link #finished} (it
 * changed nothing), {@link #proposed} and later {@link #applied} (its writes are on their way through the log: its keys are latched in between),
 * or {@link #blocked} (it met an intent: it waits, and the holder is pushed). Each call returns what to do now.
 */
public final class Sequencer {
    /** What the replica must do. */
    public sealed interface Effect {}

    /** Evaluate this request now. */
    public record Proceed(long ticket) implements Effect {}

    /** Answer this request with a refusal; it is forgotten here. */
    public record Refuse(long ticket, KvError error) implements Effect {}

    /** Ask what became of {@code holder} (ConflictResolver) and report {@link #resolved}. */
    public record Push(TxnMeta pusher, TxnMeta holder) implements Effect {}

    /** The holder's fate is final: replicate the resolution of these intents, then tell {@link #released}. */
    public record Resolve(List<Key> keys, TxnId holder, TxnStatus status, Timestamp timestamp) implements Effect {}

    public Sequencer(TxnSettings settings) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** A new request; {@code ticket} is unique, {@code deadlineMicros} on the same clock as {@code nowMicros}. */
    public List<Effect> admit(long nowMicros, long ticket, KvBatch batch, long deadlineMicros) {
        throw new UnsupportedOperationException("not built yet");
    }

    public List<Effect> finished(long nowMicros, long ticket) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** The request's mutation, writing at {@code timestamp}, is in the log but not applied. */
    public List<Effect> proposed(long nowMicros, long ticket, Timestamp timestamp) {
        throw new UnsupportedOperationException("not built yet");
    }

    public List<Effect> applied(long nowMicros, long ticket) {
        throw new UnsupportedOperationException("not built yet");
    }

    public List<Effect> blocked(long nowMicros, long ticket, Key key, TxnMeta holder) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** The answer to a {@link Push}. */
    public List<Effect> resolved(long nowMicros, TxnMeta holder, TxnStatus status, Timestamp timestamp) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** These intents are gone (applied), whoever resolved them. */
    public List<Effect> released(long nowMicros, List<Key> keys) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Time passes: due pushes and deadlines. */
    public List<Effect> tick(long nowMicros) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Leadership is lost or the range is about to change: forgets everything. Returns the tickets that had not proceeded (or were latched). */
    public List<Long> clear() {
        throw new UnsupportedOperationException("not built yet");
    }

    /** How many requests are waiting. */
    public int waiting() {
        throw new UnsupportedOperationException("not built yet");
    }
}
