package io.flotilla.node.transport.control;

import akka.actor.typed.ActorRef;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Adapter;
import akka.actor.typed.javadsl.Behaviors;
import io.flotilla.config.id.NodeId;
import io.flotilla.node.transport.NodeSystem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * A node's view of the other nodes, and its way to ask them things that are neither Raft nor keys.
 *
 * <p>Threading: callable from any thread, never blocks. Callbacks run exactly once, on the control actor's thread, and must be quick.
 */
public final class ControlPlane {
    private final NodeId self;
    private final ActorRef<ControlCommand> actor;
    private final Published published;

    /** The table of peers as it was last changed. */
    private static final class Published implements Consumer<List<Peer>> {
        private volatile List<Peer> peers = List.of();

        @Override
        public void accept(List<Peer> changed) {
            peers = List.copyOf(changed);
        }
    }

    private ControlPlane(NodeId self, ActorRef<ControlCommand> actor, Published published) {
        this.self = self;
        this.actor = actor;
        this.published = published;
    }

    /**
     * Joins the cluster and begins to introduce this node.
     *
     * @param grpcAddress {@code host:port} of this node's public interface, as others should be told
     * @param clusterId what this node belongs to; empty before bootstrap
     */
    public static ControlPlane start(NodeSystem system, String grpcAddress, String clusterId, ControlHandler handler) {
        Published published = new Published();
        long incarnation = ThreadLocalRandom.current().nextLong();
        ClusterActor.Wiring wiring =
                new ClusterActor.Wiring(system, grpcAddress, clusterId, incarnation, handler, published);
        ActorRef<ControlCommand> actor = Adapter.spawn(
                system.classic(),
                Behaviors.supervise(ClusterActor.create(wiring)).onFailure(SupervisorStrategy.resume()),
                ClusterActor.NAME);
        return new ControlPlane(system.nodeId(), actor, published);
    }

    /** Every node that has introduced itself, by id, but for those that left the cluster and stayed silent since; without this one. */
    public List<Peer> peers() {
        return published.peers;
    }

    /** From now on this node belongs to that cluster; the others are told. */
    public void clusterId(String clusterId) {
        actor.tell(new ClusterActor.SetClusterId(clusterId));
    }

    /**
     * Asks every live peer to found a cluster; this node is not asked.
     *
     * @param callback gets one acknowledgement per peer; one that did not answer in time is a refusal that says so
     */
    public void broadcastBootstrap(
            String clusterId, byte[] plan, Duration timeout, Consumer<List<BootstrapAck>> callback) {
        actor.tell(new ClusterActor.BootstrapNodes(new Bootstrap(clusterId, self, plan), timeout, callback));
    }

    /** Asks one other node something small (well below a megabyte). The kind and the payload are between the two. */
    public void call(NodeId node, String kind, byte[] payload, Duration timeout, Consumer<AdminReply> callback) {
        actor.tell(new ClusterActor.CallNode(node, kind, payload, timeout, callback));
    }

    /** Takes a node that will not come back out of the membership view. To be called by the meta range's leaseholder only. */
    public void remove(NodeId node) {
        actor.tell(new ClusterActor.RemoveNode(node));
    }
}
