package io.flotilla.txn.participant;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

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

    private final LatchTable latches = new LatchTable();
    private final LockQueues locks;
    private final Map<Long, Request> requests = new HashMap<>();
    private final TreeSet<Request> waiting = new TreeSet<>(Request.BY_DEADLINE);

    /**
     * The request that was admitted last and evaluates now, not entered anywhere yet: most are over before anything else happens, and then never
     * are.
     */
    private @Nullable Request current;

    private long arrivals;

    public Sequencer(TxnSettings settings) {
        this.locks = new LockQueues(settings);
    }

    /** A new request; {@code ticket} is unique, {@code deadlineMicros} on the same clock as {@code nowMicros}. */
    public List<Effect> admit(long nowMicros, long ticket, KvBatch batch, long deadlineMicros) {
        enterCurrent();
        Request request = new Request(ticket, ++arrivals, batch, deadlineMicros);
        if (latches.isEmpty() || !latches.blocks(request)) {
            current = request;
            return List.of(new Proceed(ticket));
        }
        request.state = Request.State.WAITING_FOR_LATCH;
        requests.put(ticket, request);
        latches.enter(request);
        waiting.add(request);
        return List.of();
    }

    /** The request changed nothing, or its mutation will never be applied. */
    public List<Effect> finished(long nowMicros, long ticket) {
        return forget(ticket);
    }

    /** The request's mutation, writing at {@code timestamp}, is in the log but not applied. */
    public List<Effect> proposed(long nowMicros, long ticket, Timestamp timestamp) {
        Request request = current;
        if (request != null && request.ticket == ticket) {
            current = null;
            request.state = Request.State.LATCHED;
            request.writesAt = timestamp;
            requests.put(ticket, request);
            latches.enter(request);
            return List.of();
        }
        enterCurrent();
        request = requests.get(ticket);
        if (request == null || request.state != Request.State.EVALUATING) {
            return List.of();
        }
        request.state = Request.State.LATCHED;
        request.writesAt = timestamp;
        List<Request> candidates = new ArrayList<>();
        latches.latched(request, candidates);
        return grant(candidates, new ArrayList<>());
    }

    /** The request's mutation is applied. */
    public List<Effect> applied(long nowMicros, long ticket) {
        return forget(ticket);
    }

    /** The request met {@code holder}'s intent on {@code key}: it holds nothing any more and waits for that intent to go. */
    public List<Effect> blocked(long nowMicros, long ticket, Key key, TxnMeta holder) {
        Request request = current;
        List<Request> candidates = List.of();
        if (request != null && request.ticket == ticket) {
            current = null;
            requests.put(ticket, request);
        } else {
            enterCurrent();
            request = requests.get(ticket);
            if (request == null || request.state != Request.State.EVALUATING) {
                return List.of();
            }
            candidates = new ArrayList<>();
            latches.leave(request, candidates);
        }
        List<Effect> effects = new ArrayList<>(1);
        waiting.add(request);
        locks.add(nowMicros, request, key, holder, effects);
        return grant(candidates, effects);
    }

    /** The answer to a {@link Push}. */
    public List<Effect> resolved(long nowMicros, TxnMeta holder, TxnStatus status, Timestamp timestamp) {
        List<Effect> effects = new ArrayList<>(1);
        locks.resolved(nowMicros, holder, status, timestamp, effects);
        return effects;
    }

    /** These intents are gone (applied), whoever resolved them. */
    public List<Effect> released(long nowMicros, List<Key> keys) {
        if (locks.isEmpty()) {
            return List.of();
        }
        enterCurrent();
        List<Request> candidates = new ArrayList<>();
        for (Key key : keys) {
            for (Request request : locks.release(key)) {
                request.state = Request.State.WAITING_FOR_LATCH;
                latches.enter(request);
                candidates.add(request);
            }
        }
        return grant(candidates, new ArrayList<>());
    }

    /** Time passes: due pushes and deadlines. */
    public List<Effect> tick(long nowMicros) {
        if (waiting.isEmpty()) {
            return List.of();
        }
        enterCurrent();
        List<Effect> effects = new ArrayList<>();
        List<Request> candidates = new ArrayList<>();
        while (!waiting.isEmpty() && waiting.first().deadlineMicros <= nowMicros) {
            effects.add(new Refuse(waiting.first().ticket, giveUp(waiting.first(), candidates)));
        }
        locks.tick(nowMicros, effects);
        return grant(candidates, effects);
    }

    /** Leadership is lost or the range is about to change: forgets everything. Returns the tickets that had not proceeded (or were latched). */
    public List<Long> clear() {
        List<Long> tickets = requests.values().stream()
                .filter(request -> request.state != Request.State.EVALUATING)
                .sorted(Request.BY_ARRIVAL)
                .map(request -> request.ticket)
                .toList();
        requests.clear();
        waiting.clear();
        latches.clear();
        locks.clear();
        current = null;
        return tickets;
    }

    /** How many requests are waiting. */
    public int waiting() {
        return waiting.size();
    }

    /** Whoever evaluates while something else happens is entered like everybody else. */
    private void enterCurrent() {
        Request request = current;
        if (request != null) {
            current = null;
            requests.put(request.ticket, request);
            latches.enter(request);
        }
    }

    private List<Effect> forget(long ticket) {
        Request request = current;
        if (request != null && request.ticket == ticket) {
            current = null;
            return List.of(); // nobody can be waiting for it
        }
        enterCurrent();
        request = requests.get(ticket);
        if (request == null || request.isWaiting()) {
            return List.of();
        }
        requests.remove(ticket);
        request.state = Request.State.GONE;
        List<Request> candidates = new ArrayList<>(2);
        latches.leave(request, candidates);
        return candidates.isEmpty() ? List.of() : grant(candidates, new ArrayList<>());
    }

    private KvError giveUp(Request request, List<Request> candidates) {
        waiting.remove(request);
        requests.remove(request.ticket);
        Key key = request.lockKey;
        KvError error;
        if (key != null) {
            error = new KvError.LockTimeout(key, locks.remove(request));
        } else {
            error = new KvError.DeadlineExceeded("LATCH_WAIT", false);
            latches.leave(request, candidates);
        }
        request.state = Request.State.GONE;
        return error;
    }

    /** Lets those go on who can, in order of arrival. */
    private List<Effect> grant(List<Request> candidates, List<Effect> effects) {
        if (candidates.size() > 1) {
            candidates.sort(Request.BY_ARRIVAL);
        }
        for (Request request : candidates) {
            if (request.state == Request.State.WAITING_FOR_LATCH && !latches.blocks(request)) {
                request.state = Request.State.EVALUATING;
                latches.enter(request);
                waiting.remove(request);
                effects.add(new Proceed(request.ticket));
            }
        }
        return effects;
    }
}
