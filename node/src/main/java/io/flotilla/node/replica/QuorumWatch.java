package io.flotilla.node.replica;

import io.flotilla.node.raft.RaftCore;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.raft.Support;
import java.util.Optional;

/**
 * The breaker of one range: tells "no quorum, stopped" from "quorum, slow". Once it is known that nothing will be decided here, requests are refused at
 * once instead of waiting for their deadlines. It closes by itself: what the log still holds is offered to the peers again and again, and their stores are
 * asked for support again and again, so the first sign of a quorum is also the probe's success.
 *
 * <p>Deterministic over its arguments and the support; single-threaded.
 */
public final class QuorumWatch {
    /** How a range fares, as far as this replica can tell. */
    public enum Progress {
        /** Nothing is amiss. */
        FLOWING,
        /** There is a quorum, but what was asked takes its time: a write in the log, or an election. */
        SLOW,
        /** Nothing can be decided. */
        STOPPED
    }

    /** A write that waits so long for its quorum opens the breaker, and so does so long a time without a leader if none can be elected. */
    private static final long STOPPED_MICROS = 2_500_000;

    /** A write that waits so long is slow. */
    private static final long SLOW_MICROS = 1_000_000;

    private final RaftCore raft;
    private final Support support;
    private final int self;
    private final long leaderlessMicrosMax;

    /** @param leaderlessMicrosMax how long elections may take before it matters whether one can be won */
    QuorumWatch(RaftCore raft, Support support, int self, long leaderlessMicrosMax) {
        this.raft = raft;
        this.support = support;
        this.self = self;
        this.leaderlessMicrosMax = leaderlessMicrosMax;
    }

    /** @param proposalAgeMicros of the oldest write in the log that is not decided; 0 if there is none */
    Progress progress(RaftStatus status, long leaderlessMicros, long proposalAgeMicros) {
        if (stopped(status, leaderlessMicros, proposalAgeMicros).isPresent()) {
            return Progress.STOPPED;
        }
        boolean slow = leaderlessMicros > 0 || proposalAgeMicros > SLOW_MICROS;
        return slow ? Progress.SLOW : Progress.FLOWING;
    }

    /** Why nothing can be decided; empty if something may. */
    Optional<String> stopped(RaftStatus status, long leaderlessMicros, long proposalAgeMicros) {
        if (status.role() == RaftStatus.Role.LEADER) {
            return writesStopped(proposalAgeMicros);
        }
        boolean electable = leaderlessMicros < leaderlessMicrosMax || raft.isQuorum(this::isThere);
        if (electable && leaderlessMicros < STOPPED_MICROS + leaderlessMicrosMax) {
            return Optional.empty();
        }
        return Optional.of("no leader for " + leaderlessMicros / 1_000 + " ms"
                + (electable ? "" : ", and too few of its replicas' stores are there to elect one"));
    }

    /** Why a leader's writes come to nothing. */
    static Optional<String> writesStopped(long proposalAgeMicros) {
        return proposalAgeMicros < STOPPED_MICROS
                ? Optional.empty()
                : Optional.of("a write has waited for its quorum for " + proposalAgeMicros / 1_000 + " ms");
    }

    private boolean isThere(int replica) {
        return replica == self || support.givenTo(replica) != Support.NO_EPOCH;
    }
}
