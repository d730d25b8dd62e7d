package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Replicas that have stopped while their store lives. Followers may have fortified one, and would wait for it as long as this store is supported: so the
 * store says for it, again and again, that it leads no more.
 *
 * <p>Thread-safe.
 */
final class StoppedReplicas {
    /** Says something to a replica of that range on that node. */
    interface Voice {
        void say(NodeId to, RangeId range, RaftMessage message);
    }

    /** @param term it has led no later one */
    private record Stopped(RangeDescriptor descriptor, int replicaId, long term) {}

    private final NodeId node;
    private final SharedLog log;
    private final LostReplicas lost;
    private final HybridClock clock;
    private final Voice voice;

    /** Nothing above was served by an earlier process of this store, whose clock may have been ahead of this one's. */
    private final Timestamp servedBefore;

    private final Map<RangeId, Stopped> stopped = new ConcurrentHashMap<>();

    /** @param since when no earlier process of this store served any more */
    StoppedReplicas(NodeId node, SharedLog log, LostReplicas lost, HybridClock clock, Now since, Voice voice) {
        this.node = node;
        this.log = log;
        this.lost = lost;
        this.clock = clock;
        this.voice = voice;
        this.servedBefore = since.hybrid().plusMicros(clock.maxOffsetMicros());
    }

    /** The replica of that range is gone, and leads in none of the terms that its disk knows of by now. */
    void add(RangeDescriptor descriptor) {
        descriptor
                .replicaOn(node)
                .ifPresent(own -> stopped.put(
                        descriptor.id(), new Stopped(descriptor, own.replicaId(), termOf(descriptor.id()))));
    }

    /** The range has a replica here again, be it the same by a snapshot: it speaks for itself. */
    void isBack(RangeId range) {
        stopped.remove(range);
    }

    boolean isEmpty() {
        return stopped.isEmpty();
    }

    void repeat() {
        for (Stopped each : stopped.values()) {
            RangeId range = each.descriptor().id();
            for (ReplicaInfo peer : each.descriptor().replicas()) {
                if (peer.replicaId() != each.replicaId()) {
                    voice.say(peer.node(), range, word(each.replicaId(), peer.replicaId(), each.term()));
                }
            }
        }
    }

    /**
     * Somebody asks after a replica that is not running.
     *
     * @param forGood there will never be a replica of that id here again
     */
    Optional<RaftMessage> answer(RangeId range, RaftMessage.AskDefortify question, boolean forGood) {
        // It led no later term than its disk knows of; but one that comes back may lead those that come. What was lost
        // does not come back, and what it led its disk knows no more.
        boolean never = forGood || lost.isGone(range, question.to());
        long notLed = never ? Math.max(question.term(), termOf(range)) : termOf(range);
        return notLed >= question.term() ? Optional.of(word(question.to(), question.from(), notLed)) : Optional.empty();
    }

    private long termOf(RangeId range) {
        return log.hardState(range.value()).term();
    }

    private RaftMessage word(int from, int to, long term) {
        return new RaftMessage.Defortify(from, to, term, servedBefore.max(clock.now()));
    }
}
