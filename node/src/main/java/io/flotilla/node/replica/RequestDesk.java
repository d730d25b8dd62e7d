package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.lang.Invariant;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.mvcc.BatchEvaluator;
import io.flotilla.node.mvcc.Evaluation;
import io.flotilla.node.mvcc.KeyCache;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.raft.Lease;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Now;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.lifecycle.CommitTrigger;
import io.flotilla.range.lifecycle.ReplicaChangeTrigger;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.txn.participant.Sequencer;
import io.flotilla.txn.participant.TimestampCache;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The leaseholder's desk for one term: each request is admitted, evaluated, perhaps proposed, and answered here. Lives as long as this replica
 * leads in that term; closing it answers whoever still waits.
 *
 * <p>Threading: the replica's own turn only.
 */
final class RequestDesk {
    /** Everything the desk shares with the replica for its whole life. */
    record Tools(
            NodeId node,
            Engine engine,
            BatchEvaluator evaluator,
            HybridClock clock,
            TxnSettings settings,
            Serving serving,
            ReplicaPorts ports,
            TriggerCheck triggers,
            Leases leases,
            Supplier<Timestamp> swept) {
        static Tools of(
                Replica.Setting store,
                ReplicaPorts ports,
                TriggerCheck triggers,
                Leases leases,
                Supplier<Timestamp> swept) {
            return new Tools(
                    store.node(),
                    store.engine(),
                    store.evaluator(),
                    store.clock(),
                    store.txn(),
                    store.serving(),
                    ports,
                    triggers,
                    leases,
                    swept);
        }
    }

    /** The lease as it is now; it may end before it runs out, so it is asked for anew each time something is decided on it. */
    @FunctionalInterface
    interface Leases {
        Lease at(Now now);
    }

    /** Says why a commit trigger cannot apply to this range as it is now. */
    @FunctionalInterface
    interface TriggerCheck {
        Optional<KvError> reject(byte[] trigger);
    }

    /** A mutation that was evaluated and waits for {@link #takeProposals}. */
    record Proposal(long ticket, byte[] payload, boolean hasTrigger, LogEntry.Kind kind) {
        /** What it is counted as against the budget. */
        long weight() {
            return payload.length + PROPOSAL_OVERHEAD_BYTES;
        }
    }

    /** What a proposal holds in memory beside its payload: the request, its latches, its places in log and outboxes. */
    private static final long PROPOSAL_OVERHEAD_BYTES = 512;

    /** Time an intent resolution of our own may take before it is given up (and tried again by whoever waits). */
    private static final long RESOLVE_TIMEOUT_MICROS = 10_000_000;

    private static final class Pending {
        final KvBatch batch;
        final long deadlineMicros;
        Consumer<RangeReply> reply;
        List<Key> released = List.of();
        RangeReply answer = new RangeReply.RangeUnknown();
        boolean inLog;

        /** Told that it is given up, before its turn came. */
        boolean abandoned;

        Pending(KvBatch batch, long deadlineMicros, Consumer<RangeReply> reply) {
            this.batch = batch;
            this.deadlineMicros = deadlineMicros;
            this.reply = reply;
        }
    }

    private record InFlight(long index, long ticket, long weight, long sinceMicros) {}

    private final Tools tools;
    private final long term;
    private final Timestamp since;
    private final Sequencer sequencer;
    private final TimestampCache timestamps;
    private final KeyCache.View keys;
    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private final ArrayDeque<Sequencer.Effect> work = new ArrayDeque<>();
    private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
    private List<Proposal> proposals = new ArrayList<>();
    private long nextTicket = 1;
    private boolean running;
    /** A commit trigger is in the log: nothing is evaluated until the range is what the trigger makes of it. */
    private boolean frozen;
    /** What might have proceeded meanwhile. */
    private final List<Long> parked = new ArrayList<>();

    /** @param servedUpTo what was read from this range here before, under this lease, is not above */
    RequestDesk(Tools tools, Lease lease, Timestamp servedUpTo) {
        this.tools = tools;
        this.term = lease.term();
        this.since = lease.start();
        this.sequencer = new Sequencer(tools.settings());
        this.keys = tools.serving().keys().open();
        this.timestamps = new TimestampCache(lease.start().max(servedUpTo));
    }

    /** What it knows of single keys; to be told of what is applied. */
    KeyCache.View keys() {
        return keys;
    }

    long term() {
        return term;
    }

    /** A request whose keys are known to be ours. */
    void admit(Now now, Replica.Arrival arrival) {
        RangeRequest request = arrival.request();
        Consumer<RangeReply> reply = arrival.reply();
        KvHeader header = request.batch().header();
        if (!mayServe(now, header.timestamp())) {
            reply.accept(new RangeReply.NotLeaseholder(NodeId.NONE));
            return;
        }
        Optional<String> stopped = QuorumWatch.writesStopped(oldestProposalMicros(now));
        if (stopped.isPresent() && !request.batch().isReadOnly()) {
            reply.accept(new RangeReply.NoQuorum(stopped.get()));
            return;
        }
        if (mustWait(request.batch())) {
            reply.accept(overloaded());
            return;
        }
        Optional<KvError> noRoom = Room.refusal(tools.serving().space(), tools.node(), request.batch());
        if (noRoom.isPresent()) {
            reply.accept(new RangeReply.Served(new KvReply.Refused(noRoom.get())));
            return;
        }
        long ticket = nextTicket++;
        long deadlineMicros = arrival.deadlineMicros();
        pending.put(ticket, new Pending(request.batch(), deadlineMicros, reply));
        work.addAll(sequencer.admit(now.micros(), ticket, request.batch(), deadlineMicros));
    }

    /** Refused first is what brings new work. What ends or undoes other work frees more than it takes, and the system's own keys are few. */
    private boolean mustWait(KvBatch batch) {
        ProposalBudget budget = tools.serving().budget();
        if (budget.admits(inFlight.size() + proposals.size())) {
            return false;
        }
        if (budget.isExhausted()) {
            return !batch.isReadOnly();
        }
        for (KvOp op : batch.ops()) {
            if (Room.isUserWrite(op)) {
                return true;
            }
        }
        return false;
    }

    private RangeReply overloaded() {
        long retryAfterMillis = tools.serving().budget().refuse();
        return new RangeReply.Served(
                new KvReply.Refused(new KvError.Overloaded(tools.node().toString(), retryAfterMillis)));
    }

    void resolved(Now now, TxnMeta holder, TxnStatus status, Timestamp timestamp) {
        work.addAll(sequencer.resolved(now.micros(), holder, status, timestamp));
    }

    /** For how long the oldest write in the log has waited to be decided; 0 if there is none. */
    long oldestProposalMicros(Now now) {
        InFlight oldest = inFlight.peek();
        return oldest == null ? 0 : Math.max(0, now.micros() - oldest.sinceMicros());
    }

    void tick(Now now) {
        work.addAll(sequencer.tick(now.micros()));
        QuorumWatch.writesStopped(oldestProposalMicros(now)).ifPresent(this::waitNoLonger);
        for (Pending request : pending.values()) {
            if (request.inLog && request.deadlineMicros <= now.micros()) {
                // Its latches stay until the log has decided; only the caller stops waiting.
                request.reply.accept(new RangeReply.Lost(true, "not replicated before the deadline"));
                request.reply = ignored -> {};
            }
        }
    }

    /** Nothing is decided here for now: who waits for that is told. What is in the log keeps its latches until the log has decided. */
    private void waitNoLonger(String why) {
        for (Pending request : List.copyOf(pending.values())) {
            if (request.inLog) {
                request.reply.accept(new RangeReply.Lost(true, why));
                request.reply = ignored -> {};
            } else if (!request.abandoned) {
                // It was promised that nothing is executed; its place in the queues it gives up when its turn comes.
                request.abandoned = true;
                request.reply.accept(new RangeReply.NoQuorum(why));
                request.reply = ignored -> {};
            }
        }
    }

    /** Carries out all effects that are due, evaluating whatever may proceed. */
    void run() {
        if (running) {
            return;
        }
        running = true;
        try {
            for (Sequencer.Effect effect = work.poll(); effect != null; effect = work.poll()) {
                perform(effect);
            }
        } finally {
            running = false;
        }
    }

    /** The mutations evaluated since the last call, in order. */
    List<Proposal> takeProposals() {
        List<Proposal> taken = proposals;
        if (!taken.isEmpty()) {
            proposals = new ArrayList<>();
        }
        return taken;
    }

    /** The proposals stand in the log from {@code firstIndex} on. */
    void proposed(Now now, long firstIndex, List<Proposal> accepted) {
        long index = firstIndex;
        for (Proposal proposal : accepted) {
            inFlight.add(new InFlight(index++, proposal.ticket(), proposal.weight(), now.micros()));
            Pending request = pending.get(proposal.ticket());
            if (request != null) {
                request.inLog = true;
            }
        }
    }

    /** The log refused them (leadership is being handed over, or the group may not change like that now): nothing was executed. */
    void refused(Now now, List<Proposal> refused, RangeReply answer) {
        for (Proposal proposal : refused) {
            tools.serving().budget().giveUp(proposal.weight());
            if (proposal.hasTrigger()) {
                thaw();
            }
            Pending request = pending.remove(proposal.ticket());
            work.addAll(sequencer.finished(now.micros(), proposal.ticket()));
            if (request != null) {
                request.reply.accept(answer);
            }
        }
    }

    /** The trigger has done its work, or never will, and the range's keys are the same: what waited for it goes on. */
    void thaw() {
        frozen = false;
        parked.forEach(ticket -> work.add(new Sequencer.Proceed(ticket)));
        parked.clear();
    }

    /** The state machine has applied that entry. */
    void applied(Now now, LogEntry entry) {
        InFlight head = inFlight.peek();
        if (head == null || entry.term() != term || head.index() > entry.index()) {
            return;
        }
        Invariant.check(head.index() == entry.index(), "no proposal is passed over", head.index(), entry.index());
        inFlight.poll();
        tools.serving().budget().applied(head.weight(), now.micros(), now.micros() - head.sinceMicros());
        Pending request = pending.remove(head.ticket());
        work.addAll(sequencer.applied(now.micros(), head.ticket()));
        if (request == null) {
            return;
        }
        if (!request.released.isEmpty()) {
            work.addAll(sequencer.released(now.micros(), request.released));
        }
        request.reply.accept(request.answer);
    }

    /** The range has changed shape: whoever waits is told to look again. */
    void turnAway(RangeReply answer) {
        frozen = false;
        parked.clear();
        sequencer.clear();
        work.clear();
        for (Map.Entry<Long, Pending> request : List.copyOf(pending.entrySet())) {
            if (!request.getValue().inLog) {
                answer(request.getKey(), answer);
            }
        }
    }

    /** The term is over. What is in the log may still be executed; what waits was not. */
    void close(RangeReply answer) {
        work.clear();
        parked.clear();
        sequencer.clear();
        inFlight.forEach(each -> tools.serving().budget().giveUp(each.weight()));
        inFlight.clear();
        proposals.forEach(each -> tools.serving().budget().giveUp(each.weight()));
        proposals.clear();
        for (Map.Entry<Long, Pending> request : List.copyOf(pending.entrySet())) {
            boolean inLog = request.getValue().inLog;
            answer(request.getKey(), inLog ? new RangeReply.Lost(true, "leadership lost while replicating") : answer);
        }
    }

    int waiting() {
        return sequencer.waiting();
    }

    /** Whether nobody waits here and nothing of what was asked is under way. */
    boolean isIdle() {
        return pending.isEmpty()
                && work.isEmpty()
                && inFlight.isEmpty()
                && proposals.isEmpty()
                && parked.isEmpty()
                && !frozen
                && sequencer.waiting() == 0;
    }

    /** Whether the range is about to change its shape. */
    boolean isFrozen() {
        return frozen;
    }

    /** Nothing was read, or kept from being written, above. */
    Timestamp readUpTo() {
        return timestamps.latest();
    }

    private void answer(long ticket, RangeReply answer) {
        Pending request = pending.remove(ticket);
        if (request != null) {
            request.reply.accept(answer);
        }
    }

    private void perform(Sequencer.Effect effect) {
        if (effect instanceof Sequencer.Proceed proceed) {
            evaluate(proceed.ticket());
        } else if (effect instanceof Sequencer.Refuse refuse) {
            answer(refuse.ticket(), new RangeReply.Served(new KvReply.Refused(refuse.error())));
        } else if (effect instanceof Sequencer.Push push) {
            tools.ports().push(push.pusher(), push.holder());
        } else if (effect instanceof Sequencer.Resolve resolve) {
            resolveIntents(resolve);
        }
    }

    private void resolveIntents(Sequencer.Resolve resolve) {
        List<KvOp> ops = new ArrayList<>(resolve.keys().size());
        for (Key key : resolve.keys()) {
            ops.add(new KvOp.ResolveIntent(key, resolve.holder(), resolve.status(), resolve.timestamp()));
        }
        KvBatch batch = new KvBatch(KvHeader.standalone(RESOLVE_TIMEOUT_MICROS), ops);
        Now now = tools.ports().now();
        long ticket = nextTicket++;
        // Whatever becomes of it: if the intents stay, the waiters push again.
        long deadlineMicros = now.micros() + RESOLVE_TIMEOUT_MICROS;
        Pending request = new Pending(batch, deadlineMicros, ignored -> {});
        request.released = resolve.keys();
        pending.put(ticket, request);
        work.addAll(sequencer.admit(now.micros(), ticket, batch, deadlineMicros));
    }

    private void evaluate(long ticket) {
        Pending request = pending.get(ticket);
        if (request == null) {
            return;
        }
        if (request.abandoned) {
            pending.remove(ticket);
            work.addAll(sequencer.finished(tools.ports().now().micros(), ticket));
            return;
        }
        if (frozen) {
            parked.add(ticket);
            return;
        }
        Now now = tools.ports().now();
        KvBatch batch = request.batch;
        // Again: a whole group is admitted before any of it is evaluated.
        if (mustWait(batch)) {
            refuse(now, ticket, request, overloaded());
            return;
        }
        // Nothing is served above this node's clock: whoever takes the lease over starts from there.
        if (!tools.clock().update(batch.header().timestamp())
                || !mayServe(now, batch.header().timestamp())) {
            giveBack(now, ticket, request);
            return;
        }
        Evaluation evaluation = tools.evaluator()
                .evaluate(
                        new BatchEvaluator.Context(
                                tools.engine(),
                                keys,
                                tools.node(),
                                tools.clock().now(),
                                timestamps::latestRead,
                                tools.swept().get(),
                                since),
                        batch);
        if (evaluation instanceof Evaluation.Blocked blocked) {
            work.addAll(sequencer.blocked(now.micros(), ticket, blocked.key(), blocked.holder()));
        } else if (evaluation instanceof Evaluation.Evaluated evaluated) {
            conclude(now, ticket, request, evaluated);
        }
    }

    private void conclude(Now now, long ticket, Pending request, Evaluation.Evaluated evaluated) {
        Timestamp served = evaluatedAt(evaluated.reply());
        for (Evaluation.Protection read : evaluated.reads()) {
            timestamps.add(read.span(), read.timestamp(), read.txn());
            served = served.max(read.timestamp());
        }
        // The pause-safe check: what was read under a lease that has run out meanwhile, or above what it protects, must
        // not leave.
        Now leaving = tools.ports().now();
        Lease lease = tools.leases().at(leaving);
        if (!covers(lease, leaving, served)) {
            tools.serving().margins().tooLate();
            giveBack(now, ticket, request);
            return;
        }
        byte[] mutation = evaluated.mutation();
        if (mutation == null) {
            tools.serving().margins().left(lease.untilMicros() - leaving.micros());
            pending.remove(ticket);
            work.addAll(sequencer.finished(now.micros(), ticket));
            if (!request.released.isEmpty()) {
                // Our own resolution found nothing left to resolve: somebody else did it.
                work.addAll(sequencer.released(now.micros(), request.released));
            }
            request.reply.accept(new RangeReply.Served(evaluated.reply()));
            return;
        }
        request.answer = new RangeReply.Served(evaluated.reply());
        if (!evaluated.released().isEmpty()) {
            request.released = evaluated.released();
        }
        byte[] payload = Mutation.payload(mutation, evaluated.trigger());
        if (payload.length > Limits.ENTRY_BYTES_MAX) {
            // It would come to no other replica, and neither would anything after it.
            KvError tooLarge = new KvError.TooLarge("log entry in bytes", payload.length, Limits.ENTRY_BYTES_MAX);
            refuse(now, ticket, request, new RangeReply.Served(new KvReply.Refused(tooLarge)));
            return;
        }
        boolean hasTrigger = evaluated.trigger().length > 0;
        if (hasTrigger) {
            Optional<KvError> objection = tools.triggers().reject(evaluated.trigger());
            if (objection.isPresent()) {
                refuse(now, ticket, request, new RangeReply.Served(new KvReply.Refused(objection.get())));
                return;
            }
            frozen = true;
        }
        Proposal proposal = new Proposal(ticket, payload, hasTrigger, kindOf(evaluated.trigger()));
        tools.serving().budget().take(proposal.weight());
        proposals.add(proposal);
        work.addAll(sequencer.proposed(now.micros(), ticket, evaluatedAt(evaluated.reply())));
    }

    private static LogEntry.Kind kindOf(byte[] trigger) {
        return trigger.length > 0 && CommitTrigger.decode(trigger) instanceof ReplicaChangeTrigger
                ? LogEntry.Kind.CONFIG
                : LogEntry.Kind.NORMAL;
    }

    private boolean mayServe(Now now, Timestamp timestamp) {
        return covers(tools.leases().at(now), now, timestamp);
    }

    private boolean covers(Lease lease, Now now, Timestamp timestamp) {
        return lease.term() == term && lease.covers(now.micros(), timestamp);
    }

    private void giveBack(Now now, long ticket, Pending request) {
        refuse(now, ticket, request, new RangeReply.NotLeaseholder(NodeId.NONE));
    }

    private void refuse(Now now, long ticket, Pending request, RangeReply answer) {
        pending.remove(ticket);
        work.addAll(sequencer.finished(now.micros(), ticket));
        request.reply.accept(answer);
    }

    private static Timestamp evaluatedAt(KvReply reply) {
        return reply instanceof KvReply.Done done ? done.timestamp() : Timestamp.ZERO;
    }
}
