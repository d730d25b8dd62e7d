package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvError;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds a range's leaseholder by asking all nodes that may be it; the first that says it is, is. Thread-safe. */
public final class NodeGroups implements ReplicaGroup {
    private static final long POLL_MICROS = 25_000;

    private final NodePort nodes;
    private final Scheduler scheduler;

    public NodeGroups(NodePort nodes, Scheduler scheduler) {
        this.nodes = nodes;
        this.scheduler = scheduler;
    }

    @Override
    public void look(RangeDescriptor range, Consumer<Optional<Look>> callback) {
        List<NodeId> asked = new ArrayList<>();
        for (ReplicaInfo replica : range.replicas()) {
            if (replica.mayLead()) {
                asked.add(replica.node());
            }
        }
        FirstLook first = new FirstLook(asked.size(), callback);
        for (NodeId node : asked) {
            nodes.call(
                    node,
                    AdminCalls.LOOK,
                    AdminCalls.rangePayload(range.id()),
                    NodeCalls.TIMEOUT,
                    reply -> first.answer(
                            reply.ok()
                                    ? Optional.of(new Look(node, AdminCalls.decodeIds(reply.payload())))
                                    : Optional.empty()));
        }
    }

    /** Passes on the first look, or that nobody had one. */
    private static final class FirstLook {
        private final Consumer<Optional<Look>> callback;
        private int open;

        FirstLook(int asked, Consumer<Optional<Look>> callback) {
            this.open = asked;
            this.callback = callback;
        }

        void answer(Optional<Look> look) {
            synchronized (this) {
                if (open == 0) {
                    return;
                }
                open = look.isPresent() ? 0 : open - 1;
                if (open > 0) {
                    return;
                }
            }
            callback.accept(look);
        }
    }

    @Override
    public void handOver(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<@Nullable KvError> callback) {
        long deadlineMicros = scheduler.nowMicros() + timeoutMicros;
        look(range, look -> {
            if (look.isEmpty()) {
                callback.accept(noLeaseholder(range, "has no leaseholder to hand over"));
                return;
            }
            NodeId from = look.get().leaseholder();
            if (from.equals(to)) {
                callback.accept(null);
                return;
            }
            byte[] payload = AdminCalls.transferPayload(range.id(), to);
            nodes.call(from, AdminCalls.TRANSFER, payload, NodeCalls.TIMEOUT, asked -> {
                if (asked.ok()) {
                    await(range, to, deadlineMicros, callback);
                } else {
                    callback.accept(noLeaseholder(range, asked.error()));
                }
            });
        });
    }

    private void await(RangeDescriptor range, NodeId to, long deadlineMicros, Consumer<@Nullable KvError> callback) {
        look(range, look -> {
            if (look.isPresent() && look.get().leaseholder().equals(to)) {
                callback.accept(null);
            } else if (scheduler.nowMicros() > deadlineMicros) {
                callback.accept(new KvError.DeadlineExceeded("LEASE_TRANSFER", true));
            } else {
                scheduler.schedule(POLL_MICROS, () -> await(range, to, deadlineMicros, callback));
            }
        });
    }

    private static KvError noLeaseholder(RangeDescriptor range, String detail) {
        return new KvError.Unavailable("NO_LEASEHOLDER", range.span().start(), range.id() + " " + detail, false);
    }
}
