package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a store says for a replica that has stopped. */
class StoppedReplicasTest {
    private static final RangeId RANGE = new RangeId(7);

    private final MemoryLog log = new MemoryLog();
    private final List<RaftMessage> said = new ArrayList<>();
    private final MemoryEngine engine = new MemoryEngine();
    private final LostReplicas lost = new LostReplicas(engine, new NodeId(1));
    private final StoppedReplicas stopped = new StoppedReplicas(
            new NodeId(1),
            log,
            lost,
            new HybridClock(() -> Timestamp.EPOCH_MICROS + 1_000_000_000L, 100_000),
            new Now(0, Timestamp.ZERO),
            (to, range, message) -> said.add(message));

    private void term(long term) {
        log.submit(RANGE.value(), new Persist(new HardState(term, 1, 0), List.of(), null), SnapshotSample.IGNORE);
    }

    private void stop() {
        List<ReplicaInfo> replicas = List.of(new ReplicaInfo(new NodeId(1), 1), new ReplicaInfo(new NodeId(2), 2));
        stopped.add(new RangeDescriptor(RANGE, 1, KeySpace.USERS, replicas, 3));
    }

    @Test
    void itLeadsNoMoreInTheTermsThatItMayHaveLed() {
        term(5);
        stop();
        stopped.repeat();
        assertThat(said).singleElement().isInstanceOfSatisfying(RaftMessage.Defortify.class, word -> {
            assertThat(word.to()).isEqualTo(2);
            assertThat(word.term()).isEqualTo(5);
        });
    }

    /** A leader that has lost its replica brings it back by a snapshot, under the same id; and that may lead again, whose lease its peers must not be talked out of. */
    @Test
    void ofTheTermsOfOneThatCameBackNothingIsSaid() {
        term(5);
        stop();
        term(8);
        stopped.repeat();
        assertThat(said).allSatisfy(message -> assertThat(message.term()).isEqualTo(5));
    }

    /**
     * A follower was paused: what a leader told it before its store was lost it hears when it has given that store, which is back, new support. So it would
     * wait for that leader as long as the store lives, and nobody else got its vote.
     */
    @Test
    void ofWhatWasLostWithItsStoreItIsSaidThatItLeadsNoMore() {
        try (Engine.Batch batch = engine.newBatch()) {
            StoreMarks.putRebuilt(batch);
            engine.write(batch);
        }
        lost.load();
        RaftMessage.AskDefortify question = new RaftMessage.AskDefortify(2, 1, 5);
        assertThat(stopped.answer(RANGE, question, false))
                .as("although it is not known yet what was lost")
                .hasValueSatisfying(word -> assertThat(word.term()).isEqualTo(5));
        lost.addAll(List.of(new LostReplicas.Lost(RANGE, 1, false, LostReplicas.Why.STORE_REBUILT, 0)));
        assertThat(stopped.answer(RANGE, question, false)).isPresent();
        assertThat(stopped.answer(RANGE, new RaftMessage.AskDefortify(2, 3, 5), false))
                .as("of one that is to come")
                .isEmpty();
    }

    @Test
    void ofOneThatIsOnlyNotHereYetNothingIsSaid() {
        assertThat(stopped.answer(RANGE, new RaftMessage.AskDefortify(2, 1, 5), false))
                .isEmpty();
    }
}
