package io.flotilla.node.replica;

import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeId;
import java.util.List;
import java.util.Optional;

/**
 * The votes of replicas that belong here and have not come yet: of a split's right side, where the split is not applied. Two of three replicas can talk then, and
 * without the vote of the one that is behind neither would lead, nor ever send it a snapshot.
 *
 * <p>Such a replica is a Raft server whose log is empty and which has promised nothing to any leader, so of the conditions for a vote only those of the term are left
 * (Raft §5.2, §5.4.1). The vote is in the range's hard state before it is told, and the replica keeps that when it comes to be ({@link LogOpening}).
 *
 * <p>HAZARD: it must be sure that no replica of that id was ever here. A range that has anything in the log but a hard state, or a descriptor in the engine, gets no
 * vote; whether the store has forgotten others is for the caller to know.
 *
 * <p>Not thread-safe: no replica of the range may be opened meanwhile. Waits for the log to be durable.
 */
final class UninitializedVoters {
    private final SharedLog log;
    private final Engine engine;
    private final HybridClock clock;
    private final long servedAheadMicros;

    /** With the bounds that hold in that store. */
    static UninitializedVoters of(SharedLog log, Replica.Setting setting) {
        long leaseMicros = setting.raft().leaseMillis() * 1_000;
        HybridClock clock = setting.clock();
        return new UninitializedVoters(log, setting.engine(), clock, clock.maxOffsetMicros() + leaseMicros);
    }

    /**
     * @param servedAheadMicros nobody has served any key of a range that is split off later than that after the clock of whoever is to have a part of it
     */
    UninitializedVoters(SharedLog log, Engine engine, HybridClock clock, long servedAheadMicros) {
        this.log = log;
        this.engine = engine;
        this.clock = clock;
        this.servedAheadMicros = servedAheadMicros;
    }

    /** Returns the answer when it may be sent, nothing if the replica that is asked is or was here. */
    Optional<RaftMessage> answer(RangeId range, RaftMessage.VoteRequest request) {
        if (LocalState.descriptor(engine, range) != null
                || LocalState.applied(engine, range) != null
                || log.view(range.value()).lastIndex() != 0) {
            return Optional.empty();
        }
        HardState before = log.hardState(range.value());
        boolean later = request.term() > before.term();
        if (request.pre()) {
            return Optional.of(reply(request, later ? request.term() : before.term(), later, Timestamp.ZERO));
        }
        if (request.term() < before.term()) {
            return Optional.of(reply(request, before.term(), false, Timestamp.ZERO));
        }
        boolean granted = later || before.vote() == 0 || before.vote() == request.from();
        if (granted) {
            persist(range, new HardState(request.term(), request.from(), before.commit()));
        }
        // As one that was split off at this moment would say.
        Timestamp seen = granted ? clock.now().plusMicros(servedAheadMicros) : Timestamp.ZERO;
        return Optional.of(reply(request, request.term(), granted, seen));
    }

    private void persist(RangeId range, HardState vote) {
        DurableGate gate = new DurableGate();
        log.submit(range.value(), new Persist(vote, List.of(), null), gate);
        gate.await();
    }

    private static RaftMessage reply(RaftMessage.VoteRequest request, long term, boolean granted, Timestamp seen) {
        return new RaftMessage.VoteReply(request.to(), request.from(), term, request.pre(), granted, seen);
    }
}
