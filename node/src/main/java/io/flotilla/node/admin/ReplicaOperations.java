package io.flotilla.node.admin;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvSender;
import io.flotilla.node.grpc.ClusterAdmin.Absent;
import io.flotilla.node.grpc.ClusterAdmin.Answer;
import io.flotilla.node.grpc.ClusterAdmin.Decommissioned;
import io.flotilla.node.grpc.ClusterAdmin.Drained;
import io.flotilla.node.grpc.ClusterAdmin.Failed;
import io.flotilla.node.grpc.ClusterAdmin.Ok;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeMachine;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.placement.Evacuation;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.Scheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What operators do with replicas and with the nodes that hold them.
 *
 * <p>Threading: thread-safe; nothing blocks; callbacks run on the sender's or the control plane's threads.
 */
public final class ReplicaOperations {
    /** Ranges of a node that is being emptied, at the same time: snapshots are throttled anyway, and each change keeps its range waiting for a round. */
    private static final int MOVES_AT_ONCE_MAX = 4;

    /** Before a mark is tried again: somebody else may have marked the node, or it has come back with another address. */
    private static final long MARK_PAUSE_MICROS = 50_000;

    /** Time for a node's answer beyond the time it was given. */
    private static final Duration ANSWER_SLACK = Duration.ofSeconds(1);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final NodeRegistry registry;
    private final NodePort nodes;
    private final KvSender sender;
    private final ReplicaChangeMachine machine;
    private final Scheduler scheduler;

    public ReplicaOperations(
            NodeRegistry registry, NodePort nodes, KvSender sender, ReplicaChangeMachine machine, Scheduler scheduler) {
        this.registry = registry;
        this.nodes = nodes;
        this.sender = sender;
        this.machine = machine;
        this.scheduler = scheduler;
    }

    // ---- one range -----------------------------------------------------------------------------------------------

    void change(RangeDescriptor range, ReplicaChange wish, long timeoutMicros, Consumer<ReplicaChangeResult> callback) {
        NodeId target = wish instanceof ReplicaChange.Add add
                ? add.node()
                : wish instanceof ReplicaChange.Move move ? move.to() : NodeId.NONE;
        if (!target.isKnown()) {
            machine.change(range, wish, timeoutMicros, callback);
            return;
        }
        long deadlineMicros = scheduler.nowMicros() + timeoutMicros;
        registry.find(target, entry -> {
            Optional<ReplicaChangeResult.Refused> unfit = unfit(target, entry);
            if (unfit.isPresent()) {
                callback.accept(unfit.get());
            } else {
                machine.change(range, wish, leftUntil(deadlineMicros), callback);
            }
        });
    }

    private long leftUntil(long deadlineMicros) {
        return Math.max(1, deadlineMicros - scheduler.nowMicros());
    }

    /** A replica on a node that is not there would be a learner for ever. */
    private Optional<ReplicaChangeResult.Refused> unfit(NodeId target, Optional<NodeEntry> found) {
        Optional<ReplicaChangeResult.Refused> objection = NodeRegistry.objection(target, found);
        return objection.isPresent() || nodes.isLive(target)
                ? objection
                : Optional.of(new ReplicaChangeResult.Refused(target + " is out of reach", false));
    }

    // ---- a node's leases -----------------------------------------------------------------------------------------

    void drain(NodeId node, long timeoutMicros, Consumer<Answer<Drained>> callback) {
        long deadlineMicros = scheduler.nowMicros() + timeoutMicros;
        registry.find(node, entry -> {
            if (entry.filter(found -> !found.gone()).isEmpty()) {
                callback.accept(new Absent<>("there is no node " + node.value()));
            } else if (!nodes.isLive(node)) {
                // It was not even asked, so nobody needs to wonder what it did.
                callback.accept(new Failed<>(
                        new KvError.Unavailable("UNREACHABLE", Key.MIN, node + " is out of reach", false)));
            } else {
                handOff(node, leftUntil(deadlineMicros), callback);
            }
        });
    }

    private void handOff(NodeId node, long timeoutMicros, Consumer<Answer<Drained>> callback) {
        Duration patience = Duration.ofNanos(timeoutMicros * 1_000).minus(ANSWER_SLACK);
        long millis = Math.max(100, patience.toMillis());
        Duration timeout = Duration.ofMillis(millis).plus(ANSWER_SLACK);
        nodes.call(node, AdminCalls.HAND_OFF, AdminCalls.numberPayload(millis), timeout, reply -> {
            if (!reply.ok()) {
                callback.accept(new Failed<>(new KvError.Unavailable("UNREACHABLE", Key.MIN, reply.error(), true)));
                return;
            }
            try {
                List<Integer> counts = JSON.readValue(reply.payload(), new TypeReference<List<Integer>>() {});
                callback.accept(new Ok<>(new Drained(counts.get(0), counts.get(1))));
            } catch (IOException broken) {
                callback.accept(new Failed<>(new KvError.Internal(node + " gave no answer that can be read", true)));
            }
        });
    }

    // ---- a node's replicas ---------------------------------------------------------------------------------------

    void decommission(NodeId node, long timeoutMicros, Consumer<Answer<Decommissioned>> callback) {
        long deadlineMicros = scheduler.nowMicros() + timeoutMicros;
        registry.find(node, entry -> {
            if (entry.isEmpty()) {
                callback.accept(new Absent<>("there is no node " + node.value()));
            } else {
                NodeEntry found = entry.get();
                new Emptying(node, found.leaving(), found.gone(), deadlineMicros, callback).plan();
            }
        });
    }

    private List<NodeId> fitForReplicas() {
        List<NodeId> fit = new ArrayList<>();
        for (NodeEntry entry : registry.nodes()) {
            NodeId node = new NodeId(entry.node());
            if (!entry.leaving() && nodes.isLive(node)) {
                fit.add(node);
            }
        }
        return fit;
    }

    /** One call to empty a node. What it leaves undone, the next one does. */
    private final class Emptying {
        private final NodeId node;

        /** It was marked before its replicas were looked for: whatever was to be added since then was refused. */
        private final boolean leaving;

        /** It was marked as gone before they were looked for: no change is under way any more that the look before has passed over. */
        private final boolean gone;

        private final long deadlineMicros;
        private final Consumer<Answer<Decommissioned>> callback;
        private final ArrayDeque<Evacuation.Change> waiting = new ArrayDeque<>();
        private int underWay;
        private int moved;

        /** Somebody else has moved them. */
        private int movedByOthers;

        private int total;
        private String waitsFor = "";

        Emptying(
                NodeId node,
                boolean leaving,
                boolean gone,
                long deadlineMicros,
                Consumer<Answer<Decommissioned>> callback) {
            this.node = node;
            this.leaving = leaving;
            this.gone = gone;
            this.deadlineMicros = deadlineMicros;
            this.callback = callback;
        }

        /** Nothing is begun that cannot be brought to its end as things are, and it is not done while a replica may be there that could not be seen. */
        void plan() {
            MetaScan.whole(
                    sender, leftUntil(deadlineMicros), this::planned, error -> callback.accept(new Failed<>(error)));
        }

        private void planned(List<RangeDescriptor> ranges) {
            Evacuation plan = Evacuation.of(node, ranges, fitForReplicas());
            if (!plan.homeless().isEmpty()) {
                RangeDescriptor first = plan.homeless().get(0);
                callback.accept(new Failed<>(new KvError.Invalid(plan.homeless().size() + " of "
                        + (plan.changes().size() + plan.homeless().size()) + " replicas on " + node
                        + " have nowhere to go, the first of " + first
                        + ": each needs a live node that has no replica of its range")));
                return;
            }
            mark(plan);
        }

        private void mark(Evacuation plan) {
            boolean empty = plan.changes().isEmpty();
            registry.mark(node.value(), leaving && empty, marked -> {
                if (!marked && scheduler.nowMicros() < deadlineMicros) {
                    scheduler.schedule(MARK_PAUSE_MICROS, () -> mark(plan));
                } else if (!marked) {
                    callback.accept(new Failed<>(new KvError.DeadlineExceeded("REGISTRY", true)));
                } else if (empty && !gone) {
                    // Looked at again: what others had begun to bring here may have arrived between the look and the
                    // mark.
                    new Emptying(node, true, leaving, deadlineMicros, callback).plan();
                } else if (empty) {
                    if (!nodes.isLive(node)) {
                        nodes.forget(node);
                    }
                    callback.accept(new Ok<>(new Decommissioned(moved, 0, true, "")));
                } else {
                    begin(plan.changes());
                }
            });
        }

        private void begin(List<Evacuation.Change> changes) {
            List<Evacuation.Change> first = new ArrayList<>();
            synchronized (this) {
                waiting.addAll(changes);
                total = changes.size();
                while (underWay < MOVES_AT_ONCE_MAX && !waiting.isEmpty()) {
                    underWay++;
                    first.add(waiting.poll());
                }
            }
            first.forEach(this::move);
        }

        private void move(Evacuation.Change change) {
            machine.change(change.range(), change.wish(), leftUntil(deadlineMicros), result -> moved(change, result));
        }

        private void moved(Evacuation.Change change, ReplicaChangeResult result) {
            Evacuation.Change next;
            synchronized (this) {
                if (result instanceof ReplicaChangeResult.Done) {
                    moved++;
                } else if (result instanceof ReplicaChangeResult.Refused refused && refused.absent()) {
                    movedByOthers++;
                } else {
                    waitsFor = change.range().id() + ": " + reason(result);
                }
                next = scheduler.nowMicros() < deadlineMicros ? waiting.poll() : null;
                if (next == null && --underWay > 0) {
                    return;
                }
            }
            if (next != null) {
                move(next);
            } else if (moved + movedByOthers == total && scheduler.nowMicros() < deadlineMicros) {
                // Splits may have made more meanwhile.
                new Emptying(node, true, gone, deadlineMicros, this::sum).plan();
            } else {
                callback.accept(new Ok<>(new Decommissioned(moved, total - moved - movedByOthers, false, waitsFor)));
            }
        }

        private void sum(Answer<Decommissioned> rest) {
            callback.accept(
                    rest instanceof Ok<Decommissioned> ok
                            ? new Ok<>(new Decommissioned(
                                    moved + ok.value().moved(),
                                    ok.value().left(),
                                    ok.value().done(),
                                    ok.value().waitsFor()))
                            : rest);
        }
    }

    private static String reason(ReplicaChangeResult result) {
        if (result instanceof ReplicaChangeResult.Unfinished unfinished) {
            return unfinished.waitsFor();
        }
        if (result instanceof ReplicaChangeResult.Refused refused) {
            return refused.why();
        }
        return result instanceof ReplicaChangeResult.Failed failed
                ? failed.error().message()
                : "";
    }
}
