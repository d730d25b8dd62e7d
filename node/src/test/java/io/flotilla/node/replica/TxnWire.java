package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.admin.LabAdmin;
import io.flotilla.node.admin.NodePort;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Support;
import io.flotilla.node.transport.ChecksumNote;
import io.flotilla.node.transport.ReplicaNotice;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import io.flotilla.node.transport.Transport;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a {@link TxnProcess} says to others: messages, and questions that are answered once, by the other or by the clock. */
final class TxnWire implements Transport, NodePort {
    private static final long CHUNK_ANSWER_MICROS = 2_000_000;

    private final TxnProcess process;
    private final List<Question<?>> open = new ArrayList<>();

    TxnWire(TxnProcess process) {
        this.process = process;
    }

    private final class Question<T> {
        private final NodeId to;
        private final @Nullable T ifAway;
        private @Nullable Consumer<T> callback;

        Question(NodeId to, @Nullable T ifAway, Consumer<T> callback) {
            this.to = to;
            this.ifAway = ifAway;
            this.callback = callback;
            open.add(this);
        }

        void end(T answer) {
            Consumer<T> waiting = callback;
            if (waiting != null) {
                callback = null;
                open.remove(this);
                waiting.accept(answer);
            }
        }

        void isAway() {
            T answer = ifAway;
            if (answer != null) {
                end(answer);
            }
        }
    }

    /** A message with this node's clock; {@code receive} is a turn there, or two of them. */
    void send(NodeId to, Consumer<TxnProcess> receive) {
        send(to, true, receive);
    }

    private void send(NodeId to, boolean mayRepeat, Consumer<TxnProcess> receive) {
        if (to.equals(process.node.id)) {
            process.after(0, () -> receive.accept(process));
        } else {
            process.world().send(process, to, mayRepeat, process.clock.now(), receive);
        }
    }

    /** @param put answers it there; an answer to an earlier life is nobody's */
    private <T> void ask(
            Question<T> question,
            boolean mayRepeat,
            long timeoutMicros,
            T ifLate,
            BiConsumer<TxnProcess, Consumer<T>> put) {
        send(
                question.to,
                mayRepeat,
                receiver -> put.accept(
                        receiver,
                        answer -> receiver.wire.send(process.node.id, false, self -> {
                            if (self == process) {
                                question.end(answer);
                            }
                        })));
        process.after(timeoutMicros, () -> question.end(ifLate));
    }

    /** That node's store is supported no longer. */
    void withdrawn(NodeId away) {
        for (Question<?> each : List.copyOf(open)) {
            if (each.to.equals(away)) {
                each.isAway();
            }
        }
    }

    // ---- between replicas ----------------------------------------------------------------------------------------

    @Override
    public void sendRaft(NodeId to, RangeId range, RaftMessage message) {
        send(to, receiver -> receiver.store.raft(process.node.id, range, message));
    }

    @Override
    public void sendLiveness(NodeId to, LivenessMessage message) {
        send(to, receiver -> receiver.liveness.received(process.node.id, message));
    }

    @Override
    public void sendNotice(NodeId to, ReplicaNotice notice) {
        send(to, receiver -> receiver.store.notice(process.node.id, notice));
    }

    @Override
    public void sendChecksum(NodeId to, ChecksumNote note) {
        send(to, receiver -> receiver.store.checksum(note));
    }

    @Override
    public void sendSnapshot(NodeId to, SnapshotChunk chunk, Consumer<SnapshotVerdict> answered) {
        ask(
                new Question<>(to, null, answered),
                true,
                CHUNK_ANSWER_MICROS,
                SnapshotVerdict.UNANSWERED,
                (receiver, answer) -> receiver.store.snapshot(chunk, answer));
    }

    // ---- requests ------------------------------------------------------------------------------------------------

    @Override
    public void send(NodeId to, RangeRequest request, Consumer<RangeReply> callback) {
        if (to.equals(process.node.id)) {
            process.store.serve(request, callback);
        } else if (!isReachable(to)) {
            callback.accept(new RangeReply.Lost(false, to + " is out of reach"));
        } else {
            // Nobody but the router sends a request twice: it knows then that it did.
            ask(
                    new Question<>(to, new RangeReply.Lost(true, to + " is out of reach"), callback),
                    false,
                    request.batch().header().timeoutMicros() + 20_000,
                    new RangeReply.Lost(true, "no answer from " + to),
                    (receiver, reply) -> receiver.store.serve(request, reply));
        }
    }

    @Override
    public void call(NodeId node, String kind, byte[] payload, Duration timeout, Consumer<AdminReply> callback) {
        if (!isReachable(node)) {
            callback.accept(AdminReply.failed(node + " is out of reach"));
        } else {
            ask(
                    new Question<>(node, null, callback),
                    false,
                    timeout.toNanos() / 1_000,
                    AdminReply.failed(node + " did not answer in time"),
                    (receiver, reply) -> LabAdmin.answer(receiver.store, kind, payload, reply));
        }
    }

    @Override
    public boolean isReachable(NodeId node) {
        return node.equals(process.node.id) || process.liveness.view().givenTo(node.value()) != Support.NO_EPOCH;
    }

    @Override
    public boolean isLive(NodeId node) {
        return isReachable(node);
    }

    @Override
    public List<NodeId> live() {
        throw new AssertionError("no quorum is lost for good");
    }

    @Override
    public void addNode(NodeId node, String akkaAddress) {
        throw new AssertionError("everybody knows where the others are");
    }

    @Override
    public void forget(NodeId node) {
        throw new AssertionError("no node leaves");
    }
}
