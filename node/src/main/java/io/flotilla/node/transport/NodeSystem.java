package io.flotilla.node.transport;

import akka.actor.ActorRef;
import akka.actor.ActorSystem;
import akka.actor.ExtendedActorSystem;
import akka.actor.Terminated;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Adapter;
import akka.actor.typed.javadsl.Behaviors;
import akka.remote.artery.ThisActorSystemQuarantinedEvent;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.flotilla.config.id.NodeId;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import scala.concurrent.ExecutionContextExecutor;

/**
 * The actor system of one node, configured by {@code flotilla-akka.conf}. It starts to listen at once but joins nothing: {@link
 * io.flotilla.node.transport.control.ControlPlane} does.
 */
public final class NodeSystem implements AutoCloseable {
    /** The same on every node; part of every Akka address. */
    public static final String NAME = "flotilla";

    /** With no more than these one thread does all the wire's work; with more it has several, and one for the sockets. */
    private static final int FEW_CORES = 4;

    /** Where messages are decoded and encoded. */
    private static final String WIRE_DISPATCHER = "akka.remote.default-remote-dispatcher";

    /** Actors here run on the thread that tells them something, see {@link CallerThreadExecutor}. */
    private static final String CALLER_DISPATCHER = "flotilla.transport-dispatcher";

    static final String MAIN_LANE = "flotilla-transport";
    static final String BULK_LANE = "flotilla-snapshot";
    static final String TRANSPORT_DISPATCHER = "flotilla.transport-dispatcher";
    static final String BULK_DISPATCHER = "flotilla.bulk-dispatcher";

    private final NodeId nodeId;
    private final NodeAddress advertised;
    private final List<NodeAddress> seeds;
    private final ActorSystem system;

    private NodeSystem(NodeId nodeId, NodeAddress advertised, List<NodeAddress> seeds, ActorSystem system) {
        this.nodeId = nodeId;
        this.advertised = advertised;
        this.seeds = seeds;
        this.system = system;
    }

    /**
     * @param listen where to bind
     * @param advertise what other nodes are told; the same unless there is a translation of addresses between
     * @param seeds whom to join; empty or just {@code advertise}: this node forms a cluster
     * @throws RuntimeException if that cannot be listened at, for example since the port is taken
     */
    public static NodeSystem start(NodeId nodeId, NodeAddress listen, NodeAddress advertise, List<NodeAddress> seeds) {
        requireFree(listen);
        Map<String, Object> overrides = new HashMap<>();
        overrides.put("akka.remote.artery.canonical.hostname", advertise.host());
        overrides.put("akka.remote.artery.canonical.port", advertise.port());
        overrides.put("akka.remote.artery.bind.hostname", listen.host());
        overrides.put("akka.remote.artery.bind.port", listen.port());
        ClassLoader loader = NodeSystem.class.getClassLoader();
        Config ours = ConfigFactory.parseResources(loader, "flotilla-akka.conf");
        if (Runtime.getRuntime().availableProcessors() <= FEW_CORES) {
            ours = ours.getConfig("flotilla.few-cores").withFallback(ours);
        }
        Config config = ConfigFactory.parseMap(overrides)
                .withFallback(ours)
                .withFallback(reference())
                .resolve();
        ActorSystem system = ActorSystem.create(NAME, config, loader);
        return new NodeSystem(nodeId, advertise, List.copyOf(seeds), system);
    }

    /** Akka would say the same after two screens of its own stack. If the port is taken between this and that, it does. */
    private static void requireFree(NodeAddress listen) {
        try (ServerSocketChannel socket = ServerSocketChannel.open()) {
            socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            socket.bind(new InetSocketAddress(listen.host(), listen.port()));
        } catch (IOException | UnresolvedAddressException refused) {
            throw new IllegalStateException("cannot listen at " + listen.host() + ":" + listen.port(), refused);
        }
    }

    /** Akka's own settings, from a dozen files. They are read once and remembered. */
    private static Config reference() {
        return ConfigFactory.defaultReferenceUnresolved(NodeSystem.class.getClassLoader());
    }

    /** Makes {@link #start} quicker if done before; whether it is or not makes no other difference. */
    public static void preload() {
        reference();
    }

    public NodeId nodeId() {
        return nodeId;
    }

    public NodeAddress advertised() {
        return advertised;
    }

    public List<NodeAddress> seeds() {
        return seeds;
    }

    /** This node's Akka address, {@code akka://flotilla@host:port}. */
    public String address() {
        return advertised.akka();
    }

    /** The thread, or on a larger machine the few threads, of the wire. What must not run on the caller's thread is handed over here. */
    public Executor wire() {
        return system.dispatchers().lookup(WIRE_DISPATCHER);
    }

    /**
     * Runs a task at once, on the calling thread; actors of {@link #onCallersThread} that it tells something run when it is done, on this
     * thread too, so that each handles all it was told as one group.
     */
    public ExecutionContextExecutor group() {
        return system.dispatchers().lookup(CALLER_DISPATCHER);
    }

    /** For actors that may run on the thread that tells them something. They must not block. */
    public static DispatcherSelector onCallersThread() {
        return DispatcherSelector.fromConfig(CALLER_DISPATCHER);
    }

    /** For actors that run on the wire's thread. */
    public static DispatcherSelector onTheWire() {
        return DispatcherSelector.fromConfig(WIRE_DISPATCHER);
    }

    public ActorSystem classic() {
        return system;
    }

    public akka.actor.typed.ActorSystem<Void> typed() {
        return Adapter.toTyped(system);
    }

    /** Completes when everything is stopped. */
    public CompletionStage<Terminated> whenTerminated() {
        return system.getWhenTerminated();
    }

    /**
     * Runs {@code hook}, on an actor's thread, when another node refuses to speak to this actor system for ever. Only a new actor system (with
     * the same address) gets through again.
     */
    public void onQuarantined(Runnable hook) {
        akka.actor.typed.ActorRef<ThisActorSystemQuarantinedEvent> listener = Adapter.spawn(
                system,
                Behaviors.receiveMessage((ThisActorSystemQuarantinedEvent event) -> {
                    hook.run();
                    return Behaviors.same();
                }),
                "flotilla-quarantine");
        system.eventStream().subscribe(Adapter.toClassic(listener), ThisActorSystemQuarantinedEvent.class);
    }

    @Override
    public void close() {
        system.terminate();
    }

    /** The actor {@code name} of the node at {@code akkaAddress}, whether it is there or not. */
    public ActorRef resolve(String akkaAddress, String name) {
        return ((ExtendedActorSystem) system).provider().resolveActorRef(akkaAddress + "/user/" + name);
    }

    <T> void spawnReceiver(String name, Class<T> type, Consumer<T> receiver, String dispatcher) {
        Adapter.spawn(
                system,
                Behaviors.supervise(Behaviors.receive(type)
                                .onMessage(type, message -> {
                                    receiver.accept(message);
                                    return Behaviors.same();
                                })
                                .build())
                        .onFailure(SupervisorStrategy.resume()),
                name,
                DispatcherSelector.fromConfig(dispatcher));
    }
}
