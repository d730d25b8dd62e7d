package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.transport.ReplicaNotice;
import io.flotilla.node.transport.Transport;
import io.flotilla.range.routing.RangeId;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Hands what other stores' replicas say to the replica that is meant; and where that one is not here, not any more, or not to be trusted, says so to whoever
 * must not wait for it.
 *
 * <p>Thread-safe.
 */
final class ReplicaMail {
    private final ReplicaDirectory replicas;
    private final Removals removals;
    private final LostReplicas lost;
    private final StoppedReplicas stopped;
    private final StrangerMail strangers;
    private final ReplicaNews news;
    private final Supplier<Transport> transport;
    private final Polls polls;
    private final LongSupplier nanos;

    /** Has the votes of replicas that are to be here and are not yet. */
    interface Polls {
        /** Answers the candidate when the vote is durable, if there is to be one. */
        void asked(NodeId from, RangeId range, RaftMessage.VoteRequest request);
    }

    /** @param nanos a monotonic clock */
    ReplicaMail(
            ReplicaDirectory replicas,
            Removals removals,
            LostReplicas lost,
            StoppedReplicas stopped,
            StrangerMail strangers,
            ReplicaNews news,
            Supplier<Transport> transport,
            Polls polls,
            LongSupplier nanos) {
        this.replicas = replicas;
        this.removals = removals;
        this.lost = lost;
        this.stopped = stopped;
        this.strangers = strangers;
        this.news = news;
        this.transport = transport;
        this.polls = polls;
        this.nanos = nanos;
    }

    void arrived(NodeId from, RangeId range, RaftMessage message) {
        Slot slot = replicas.find(range);
        if (slot != null) {
            if (slot.replicaId() != message.to()) {
                news.anotherIsMeant(from, slot, message.to());
                answerForAbsent(from, range, message, message.to() < slot.replicaId());
            } else if (slot.descriptor().hasRemoved(message.from())) {
                transport.get().sendNotice(from, new ReplicaNotice(range, message.from(), ReplicaNotice.Kind.REMOVED));
            } else if (lost.isLost(range, message.to())) {
                answerForAbsent(from, range, message, true);
            } else {
                slot.tell(new ReplicaActor.Deliver(from, message));
            }
        } else if (removals.isRemoved(range, message.to())) {
            answerForAbsent(from, range, message, true);
        } else {
            answerForAbsent(from, range, message, false);
            if (strangers.keep(range.value(), new ReplicaActor.Deliver(from, message), nanos.getAsLong())) {
                answerForUninitialized(from, range, message);
            }
        }
    }

    /** It does not come to be by what it could apply here: whoever leads is to begin with a snapshot, and without its vote perhaps nobody will lead. */
    private void answerForUninitialized(NodeId from, RangeId range, RaftMessage message) {
        if (message instanceof RaftMessage.Append append) {
            transport
                    .get()
                    .sendRaft(
                            from,
                            range,
                            new RaftMessage.AppendReply(
                                    append.to(),
                                    append.from(),
                                    append.term(),
                                    false,
                                    1,
                                    RaftMessage.AppendReply.NOTHING_HERE,
                                    append.round()));
        } else if (message instanceof RaftMessage.VoteRequest request) {
            polls.asked(from, range, request);
        }
    }

    private void answerForAbsent(NodeId from, RangeId range, RaftMessage message, boolean forGood) {
        if (message instanceof RaftMessage.AskDefortify question) {
            stopped.answer(range, question, forGood)
                    .ifPresent(word -> transport.get().sendRaft(from, range, word));
        }
    }
}
