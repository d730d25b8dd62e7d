package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.transport.Transport;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.node.transport.control.ControlPlane;
import io.flotilla.node.transport.control.Peer;
import io.flotilla.range.routing.Scheduler;
import java.time.Duration;
import java.util.Collection;
import java.util.function.Consumer;

/** Asks any node, this one included, something of {@link AdminCalls}. Thread-safe; callbacks as of the control plane or the store. */
public final class NodeCalls implements NodePort {
    static final Duration TIMEOUT = Duration.ofSeconds(1);

    private final NodeId self;
    private final ControlPlane control;
    private final AdminCalls own;
    private final Transport transport;
    private final Scheduler scheduler;

    public NodeCalls(NodeId self, ControlPlane control, AdminCalls own, Transport transport, Scheduler scheduler) {
        this.self = self;
        this.control = control;
        this.own = own;
        this.transport = transport;
        this.scheduler = scheduler;
    }

    @Override
    public void call(NodeId node, String kind, byte[] payload, Duration timeout, Consumer<AdminReply> callback) {
        if (node.equals(self)) {
            OneAnswer.within(timeout, self, scheduler, callback, answer -> own.answer(kind, payload, answer));
        } else if (!isLive(node)) {
            callback.accept(AdminReply.failed(node + " is out of reach"));
        } else {
            control.call(node, kind, payload, timeout, callback);
        }
    }

    @Override
    public boolean isLive(NodeId node) {
        return node.equals(self) || transport.isReachable(node);
    }

    @Override
    public Collection<NodeId> live() {
        return control.peers().stream().map(Peer::nodeId).filter(this::isLive).toList();
    }

    @Override
    public void forget(NodeId node) {
        control.remove(node);
    }
}
