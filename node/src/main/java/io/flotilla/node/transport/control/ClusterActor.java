package io.flotilla.node.transport.control;

import akka.actor.Address;
import akka.actor.AddressFromURIString;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Adapter;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.cluster.Cluster;
import akka.cluster.ClusterEvent;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import io.flotilla.config.id.NodeId;
import io.flotilla.node.transport.NodeAddress;
import io.flotilla.node.transport.NodeSystem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins the cluster, follows its membership, introduces this node to each member and to the seeds until they have introduced themselves, and
 * carries calls between control actors.
 */
final class ClusterActor extends AbstractBehavior<ControlCommand> {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterActor.class);

    static final String NAME = "flotilla-control";

    private static final Duration HELLO_INTERVAL = Duration.ofMillis(500);

    // ---- commands of this node ---------------------------------------------------------------------------------

    record Introduce() implements ControlCommand {}

    record MembershipChanged(ClusterEvent.ClusterDomainEvent event) implements ControlCommand {}

    record SetClusterId(String clusterId) implements ControlCommand {}

    record CallNode(NodeId to, String kind, byte[] payload, Duration timeout, Consumer<AdminReply> callback)
            implements ControlCommand {}

    record BootstrapNodes(Bootstrap bootstrap, Duration timeout, Consumer<List<BootstrapAck>> callback)
            implements ControlCommand {}

    record RemoveNode(NodeId node) implements ControlCommand {}

    record Expired(long call) implements ControlCommand {}

    // ---- state -------------------------------------------------------------------------------------------------

    /** What {@link ControlPlane} shares with its actor. @param published takes the table of peers whenever it changed */
    record Wiring(
            NodeSystem system,
            String grpcAddress,
            String clusterId,
            long incarnation,
            ControlHandler handler,
            Consumer<List<Peer>> published) {}

    private final Wiring wiring;
    private final NodeId self;
    private final String selfAddress;
    private final PeerTable table;
    private final Cluster cluster;
    private final PendingCalls pending = new PendingCalls();

    /** Members by Akka address; the number tells two processes at one address apart. */
    private final Map<String, Long> members = new TreeMap<>();

    private final Hellos hellos;
    private final Set<String> refusals = new HashSet<>();

    static Behavior<ControlCommand> create(Wiring wiring) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new ClusterActor(context, timers, wiring)));
    }

    private ClusterActor(ActorContext<ControlCommand> context, TimerScheduler<ControlCommand> timers, Wiring wiring) {
        super(context);
        this.wiring = wiring;
        this.self = wiring.system().nodeId();
        this.selfAddress = wiring.system().address();
        this.table = new PeerTable(self, selfAddress, wiring.clusterId());
        this.hellos = new Hellos(
                selfAddress,
                wiring.system().seeds().stream().map(NodeAddress::akka).toList());
        this.cluster = Cluster.get(wiring.system().classic());
        cluster.subscribe(
                Adapter.toClassic(
                        context.messageAdapter(ClusterEvent.ClusterDomainEvent.class, MembershipChanged::new)),
                ClusterEvent.initialStateAsEvents(),
                ClusterEvent.ClusterDomainEvent.class);
        cluster.joinSeedNodes(seedAddresses());
        timers.startTimerWithFixedDelay(new Introduce(), HELLO_INTERVAL);
    }

    private List<Address> seedAddresses() {
        List<Address> addresses = new ArrayList<>();
        for (NodeAddress seed : wiring.system().seeds()) {
            addresses.add(AddressFromURIString.parse(seed.akka()));
        }
        return addresses.isEmpty() ? List.of(AddressFromURIString.parse(selfAddress)) : addresses;
    }

    @Override
    public Receive<ControlCommand> createReceive() {
        return newReceiveBuilder()
                .onMessage(Introduce.class, tick -> introduce())
                .onMessage(MembershipChanged.class, changed -> onMembership(changed.event()))
                .onMessage(ControlMessage.Hello.class, this::onHello)
                .onMessage(ControlMessage.AdminCall.class, this::onAdminCall)
                .onMessage(ControlMessage.AdminAnswer.class, this::onAdminAnswer)
                .onMessage(ControlMessage.BootstrapCall.class, this::onBootstrapCall)
                .onMessage(ControlMessage.BootstrapAnswer.class, this::onBootstrapAnswer)
                .onMessage(SetClusterId.class, this::onSetClusterId)
                .onMessage(CallNode.class, this::onCallNode)
                .onMessage(BootstrapNodes.class, this::onBootstrapNodes)
                .onMessage(RemoveNode.class, this::onRemoveNode)
                .onMessage(Expired.class, this::onExpired)
                .build();
    }

    // ---- who is there ------------------------------------------------------------------------------------------

    private Behavior<ControlCommand> introduce() {
        Hellos.Round round = hellos.next(members.keySet(), table.peers(), wiring.handler()::isGone);
        for (String address : round.silent()) {
            publish(table.silent(address));
        }
        for (String address : round.to()) {
            tell(address, ownHello(true));
        }
        for (NodeId node : round.forgotten()) {
            LOG.info("{} has left the cluster and is spoken to no more", node);
            table.forget(node);
            wiring.published().accept(table.peers());
        }
        return this;
    }

    private ControlMessage.Hello ownHello(boolean answerWanted) {
        return new ControlMessage.Hello(
                self.value(), selfAddress, wiring.grpcAddress(), table.clusterId(), wiring.incarnation(), answerWanted);
    }

    private Behavior<ControlCommand> onHello(ControlMessage.Hello hello) {
        hellos.heard(hello.akkaAddress());
        if (hello.answerWanted()) {
            tell(hello.akkaAddress(), ownHello(false));
        }
        publish(table.hello(hello));
        return this;
    }

    private Behavior<ControlCommand> onMembership(ClusterEvent.ClusterDomainEvent event) {
        if (event instanceof ClusterEvent.MemberRemoved removed) {
            String address = removed.member().address().toString();
            if (members.remove(address, removed.member().uniqueAddress().longUid())) {
                publish(table.silent(address));
            }
        } else if (event instanceof ClusterEvent.UnreachableMember unreachable) {
            publish(table.silent(unreachable.member().address().toString()));
        } else if (event instanceof ClusterEvent.MemberEvent changed) {
            Member member = changed.member();
            if (member.status() != MemberStatus.down() && member.status() != MemberStatus.exiting()) {
                members.put(member.address().toString(), member.uniqueAddress().longUid());
            }
        }
        return this;
    }

    private Behavior<ControlCommand> onSetClusterId(SetClusterId command) {
        table.clusterId(command.clusterId());
        for (Peer peer : table.peers()) {
            tell(peer.akkaAddress(), ownHello(true));
        }
        return this;
    }

    private Behavior<ControlCommand> onRemoveNode(RemoveNode command) {
        Peer peer = table.peer(command.node());
        // Members are known by address alone: a node with a new id that took the lost one's place must not go in its
        // stead.
        if (peer != null && !table.isTakenOver(peer)) {
            cluster.down(AddressFromURIString.parse(peer.akkaAddress()));
        }
        return this;
    }

    private void publish(PeerTable.Outcome outcome) {
        Peer peer = outcome.peer();
        if (peer != null) {
            LOG.info("{} at {} is {}", peer.nodeId(), peer.akkaAddress(), peer.live() ? "here" : "silent");
            wiring.published().accept(table.peers());
            wiring.handler().onPeer(peer);
        }
        String refusal = outcome.refusal();
        if (refusal != null && refusals.add(refusal)) {
            LOG.error("{}", refusal);
            wiring.handler().onRefused(refusal);
        }
    }

    // ---- calls -------------------------------------------------------------------------------------------------

    private Behavior<ControlCommand> onCallNode(CallNode command) {
        Peer peer = table.peer(command.to());
        if (peer == null) {
            command.callback().accept(AdminReply.failed(command.to() + " has not introduced itself"));
            return this;
        }
        long call = pending.admin(command.to(), command.callback());
        expireAfter(command.timeout(), call);
        tell(
                peer.akkaAddress(),
                new ControlMessage.AdminCall(self.value(), selfAddress, call, command.kind(), command.payload()));
        return this;
    }

    private Behavior<ControlCommand> onBootstrapNodes(BootstrapNodes command) {
        List<Peer> live = new ArrayList<>();
        for (Peer peer : table.peers()) {
            if (peer.live()) {
                live.add(peer);
            }
        }
        PendingCalls.Gathering gathering = new PendingCalls.Gathering(live.size(), command.callback());
        Bootstrap bootstrap = command.bootstrap();
        for (Peer peer : live) {
            long call = pending.bootstrap(peer.nodeId(), gathering);
            expireAfter(command.timeout(), call);
            tell(
                    peer.akkaAddress(),
                    new ControlMessage.BootstrapCall(
                            self.value(), selfAddress, call, bootstrap.clusterId(), bootstrap.plan()));
        }
        return this;
    }

    private Behavior<ControlCommand> onAdminCall(ControlMessage.AdminCall message) {
        Consumer<AdminReply> reply = answer -> tell(
                message.replyAddress(),
                new ControlMessage.AdminAnswer(message.call(), answer.ok(), answer.payload(), answer.error()));
        try {
            wiring.handler().onAdminCall(new NodeId(message.from()), message.kind(), message.payload(), reply);
        } catch (RuntimeException e) {
            LOG.error("admin call {} of n{} failed", message.kind(), message.from(), e);
            reply.accept(AdminReply.failed(message.kind() + " failed: " + e.getMessage()));
        }
        return this;
    }

    private Behavior<ControlCommand> onBootstrapCall(ControlMessage.BootstrapCall message) {
        Consumer<BootstrapAck> reply = ack -> tell(
                message.replyAddress(),
                new ControlMessage.BootstrapAnswer(
                        message.call(), ack.nodeId().value(), ack.ok(), ack.clusterIdFound(), ack.error()));
        Bootstrap bootstrap = new Bootstrap(message.clusterId(), new NodeId(message.from()), message.plan());
        try {
            wiring.handler().onBootstrap(bootstrap, reply);
        } catch (RuntimeException e) {
            LOG.error("bootstrap of cluster {} by n{} failed", message.clusterId(), message.from(), e);
            reply.accept(new BootstrapAck(self, false, table.clusterId(), "bootstrap failed: " + e.getMessage()));
        }
        return this;
    }

    private Behavior<ControlCommand> onAdminAnswer(ControlMessage.AdminAnswer message) {
        pending.adminAnswered(message.call(), new AdminReply(message.ok(), message.payload(), message.error()));
        return this;
    }

    private Behavior<ControlCommand> onBootstrapAnswer(ControlMessage.BootstrapAnswer message) {
        pending.bootstrapAnswered(
                message.call(),
                new BootstrapAck(
                        new NodeId(message.nodeId()), message.ok(), message.clusterIdFound(), message.error()));
        return this;
    }

    private Behavior<ControlCommand> onExpired(Expired expired) {
        pending.expired(expired.call());
        return this;
    }

    private void expireAfter(Duration timeout, long call) {
        getContext().scheduleOnce(timeout, getContext().getSelf(), new Expired(call));
    }

    /** Any thread. */
    private void tell(String akkaAddress, ControlMessage message) {
        wiring.system().resolve(akkaAddress, NAME).tell(message, akka.actor.ActorRef.noSender());
    }
}
