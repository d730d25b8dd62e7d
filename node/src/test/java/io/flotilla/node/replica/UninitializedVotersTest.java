package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.RaftMessage.VoteReply;
import io.flotilla.node.raft.RaftMessage.VoteRequest;
import io.flotilla.node.raft.Ready;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a store says for a replica that it is to have and does not have yet; replica 1 is here. */
class UninitializedVotersTest {
    private static final RangeId RANGE = new RangeId(7);
    private static final long NOW_MICROS = Timestamp.EPOCH_MICROS + 1_000_000_000L;
    private static final long AHEAD_MICROS = 600_000;

    private final MemoryLog log = new MemoryLog();
    private final MemoryEngine engine = new MemoryEngine();
    private final UninitializedVoters voters =
            new UninitializedVoters(log, engine, new HybridClock(() -> NOW_MICROS, 100_000), AHEAD_MICROS);

    private Optional<VoteReply> ask(int candidate, long term, boolean pre) {
        return voters.answer(RANGE, new VoteRequest(candidate, 1, term, pre, 12, 6, false))
                .map(VoteReply.class::cast);
    }

    private static RangeDescriptor descriptor() {
        List<ReplicaInfo> replicas = List.of(new ReplicaInfo(new NodeId(1), 1), new ReplicaInfo(new NodeId(2), 2));
        return new RangeDescriptor(RANGE, 1, KeySpace.USERS, replicas, 3);
    }

    @Test
    void itVotesOnceInATermAndKeepsThatOnDisk() {
        assertThat(ask(2, 7, false)).hasValueSatisfying(first -> {
            assertThat(first.granted()).isTrue();
            assertThat(first.term()).isEqualTo(7);
            assertThat(first.to()).isEqualTo(2);
        });
        assertThat(log.hardState(RANGE.value())).isEqualTo(new HardState(7, 2, 0));
        assertThat(ask(3, 7, false).map(VoteReply::granted)).contains(false);
        assertThat(ask(2, 7, false).map(VoteReply::granted)).contains(true);
        assertThat(ask(3, 8, false).map(VoteReply::granted)).contains(true);
        assertThat(ask(2, 7, false)).hasValueSatisfying(late -> {
            assertThat(late.granted()).isFalse();
            assertThat(late.term()).isEqualTo(8);
        });
    }

    @Test
    void aPreVoteBindsNobody() {
        ask(2, 7, false);
        HardState before = log.hardState(RANGE.value());
        assertThat(ask(3, 8, true)).hasValueSatisfying(reply -> {
            assertThat(reply.pre()).isTrue();
            assertThat(reply.granted()).isTrue();
            assertThat(reply.term()).isEqualTo(8);
        });
        assertThat(ask(3, 7, true)).hasValueSatisfying(reply -> {
            assertThat(reply.granted()).isFalse();
            assertThat(reply.term()).isEqualTo(7);
        });
        assertThat(log.hardState(RANGE.value())).isEqualTo(before);
    }

    /** Whoever held the left side before may have served reads of what is the right side's now. */
    @Test
    void theNewLeaderBeginsAboveWhatMayHaveBeenServedBefore() {
        assertThat(ask(2, 7, false).map(VoteReply::leaseSeen))
                .hasValueSatisfying(
                        seen -> assertThat(seen.unixMicros()).isGreaterThanOrEqualTo(NOW_MICROS + AHEAD_MICROS));
    }

    /** Its log may hold what was acknowledged: that vote is not for others to give away. */
    @Test
    void ofAReplicaThatIsOrWasHereNothingIsSaid() {
        Persist reset = new Persist(new HardState(6, 0, 10), List.of(), new Ready.LogReset(10, 5));
        log.submit(RANGE.value(), reset, SnapshotSample.IGNORE);
        assertThat(ask(2, 7, false)).isEmpty();
        assertThat(ask(2, 7, true)).isEmpty();
    }

    @Test
    void norOfOneThatIsInTheEngineAlone() {
        try (Engine.Batch batch = engine.newBatch()) {
            LocalState.putDescriptor(batch, descriptor());
            engine.write(batch);
        }
        assertThat(ask(2, 7, false)).isEmpty();
    }

    /** The split is applied, or a snapshot installed, after the vote: the replica that comes of it has voted. */
    @Test
    void theReplicaThatComesKeepsTheVote() {
        ask(2, 7, false);
        try (Engine.Batch batch = engine.newBatch()) {
            LocalState.putDescriptor(batch, descriptor());
            LocalState.putApplied(
                    batch,
                    LocalState.appliedKey(RANGE),
                    new LocalState.Applied(10, 5, StateChecksum.EMPTY, Timestamp.ZERO));
            engine.write(batch);
        }
        LogOpening opened = LogOpening.of(log, engine, descriptor());
        assertThat(opened.hardState().term()).isEqualTo(7);
        assertThat(opened.hardState().vote()).isEqualTo(2);
        assertThat(opened.view().lastIndex()).isEqualTo(10);
    }
}
