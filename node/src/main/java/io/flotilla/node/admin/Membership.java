package io.flotilla.node.admin;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.config.id.NodeId;
import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.NoSpaceException;
import io.flotilla.node.replica.Store;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.transport.Transport;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.node.transport.control.Bootstrap;
import io.flotilla.node.transport.control.BootstrapAck;
import io.flotilla.node.transport.control.ControlHandler;
import io.flotilla.node.transport.control.ControlPlane;
import io.flotilla.node.transport.control.Peer;
import io.flotilla.range.routing.RangeCache;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How this process becomes and stays a node of a cluster: founds one when told to ({@code init}), or joins the one its peers belong to; then binds its
 * node id to its disk, and learns where the meta range is.
 *
 * <p>Threading: everything runs on one thread ({@code executor}); the control plane's calls are passed on to it.
 */
public final class Membership implements ControlHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);

    private static final long REFRESH_MILLIS = 1_000;
    private static final long META_RETRY_MILLIS = 100;
    private static final int REFRESH_REGISTRY_EVERY = 5;
    private static final int REPLICATION_DEFAULT = 3;
    private static final Duration FOUNDING_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration META_TIMEOUT = Duration.ofSeconds(2);

    /** Asks a node to found the cluster: a list of replication factor and nodes expected; answered by {@link Founded}. */
    static final String FOUND_CALL = "found";

    private static final Duration FOUND_CALL_TIMEOUT = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Asks for the bytes of the meta range's descriptor. */
    static final String META_CALL = "meta";

    /** Tells a node that it was taken out of the cluster. Whoever is told by any node of it stops: its ranges are elsewhere by now. */
    static final String GONE_CALL = "gone";

    /** What a node is built of, as far as this room is concerned. */
    public record Tools(
            Engine engine,
            Disk disk,
            Path data,
            Store store,
            Transport transport,
            RangeCache ranges,
            NodeRegistry registry,
            ScheduledExecutorService executor,
            Consumer<String> fatal,
            Consumer<Throwable> diskFailed) {}

    /** What founding came to. @param error empty if it went well */
    public record Founded(String clusterId, List<Integer> nodes, boolean before, String error) {}

    private final Tools tools;
    private final NodeEntry self;
    private final int seeds;
    private final AdminCalls calls;
    private final MetaPlace meta;
    private StoreIdentity identity;
    private @Nullable ControlPlane control;
    private boolean registered;
    private int refreshes;
    private volatile boolean initialized;

    /** @param seeds how many distinct nodes this one was told to join */
    public Membership(Tools tools, StoreIdentity identity, NodeEntry self, int seeds, AdminCalls calls) {
        this.tools = tools;
        this.identity = identity;
        this.self = self;
        this.seeds = seeds;
        this.calls = calls;
        this.meta = new MetaPlace(() -> tools.store().descriptor(RangeId.META), tools.ranges());
        this.initialized = identity.cluster().isPresent();
    }

    /** Begins; the control plane was started with this as its handler. */
    public void start(ControlPlane controlPlane) {
        run(() -> {
            control = controlPlane;
            // A peer may have told us of our cluster before this.
            identity.cluster().ifPresent(id -> controlPlane.clusterId(id.toString()));
            findMeta();
            FoundingPlan.unfinished(tools.engine()).ifPresent(plan -> spread(plan, ignored -> {}));
        });
        tools.executor().scheduleWithFixedDelay(() -> run(this::refresh), 100, REFRESH_MILLIS, TimeUnit.MILLISECONDS);
    }

    public boolean isInitialized() {
        return initialized;
    }

    /** The cluster's id; empty before init. */
    public Optional<UUID> cluster() {
        return identity.cluster();
    }

    // ---- founding ------------------------------------------------------------------------------------------------

    /** Turns the nodes that are here into a cluster, unless they are one already. */
    public void found(int replicationFactor, int nodesExpected, Consumer<Founded> done) {
        run(() -> {
            Optional<FoundingPlan> unfinished = FoundingPlan.unfinished(tools.engine());
            if (unfinished.isPresent()) {
                FoundingPlan plan = unfinished.get();
                done.accept(new Founded(
                        plan.clusterId(), plan.nodes(), false, "founding goes on: not all nodes have their part yet"));
                return;
            }
            Optional<String> existing = existingCluster();
            if (existing.isPresent()) {
                done.accept(new Founded(existing.get(), List.of(), true, ""));
                return;
            }
            TreeSet<NodeId> here = new TreeSet<>(List.of(identity.node()));
            for (Peer peer : peers()) {
                if (peer.live()) {
                    here.add(peer.nodeId());
                }
            }
            int expected = nodesExpected > 0 ? nodesExpected : Math.max(replicationFactor, seeds);
            if (here.size() < expected) {
                done.accept(new Founded(
                        "", List.of(), false, "only " + here.size() + " of " + expected + " nodes are here: " + here));
                return;
            }
            if (!here.first().equals(identity.node())) {
                // One node founds, whoever is asked: two that are asked at the same time must not make two clusters.
                foundElsewhere(here.first(), replicationFactor, nodesExpected, done);
                return;
            }
            int replicas = Math.min(here.size(), replicationFactor > 0 ? replicationFactor : REPLICATION_DEFAULT);
            FoundingPlan plan =
                    FoundingPlan.of(UUID.randomUUID().toString(), new ArrayList<>(here).subList(0, replicas));
            plan.save(tools.engine());
            adopt(plan);
            spread(plan, done);
        });
    }

    private void foundElsewhere(NodeId founder, int replicationFactor, int nodesExpected, Consumer<Founded> done) {
        byte[] payload = encode(List.of(replicationFactor, nodesExpected));
        controlPlane()
                .call(
                        founder,
                        FOUND_CALL,
                        payload,
                        FOUND_CALL_TIMEOUT,
                        reply -> done.accept(
                                reply.ok()
                                        ? decodeFounded(reply.payload())
                                        : new Founded("", List.of(), false, reply.error())));
    }

    private void foundFor(byte[] payload, Consumer<AdminReply> reply) {
        try {
            List<Integer> wanted = JSON.readValue(payload, new TypeReference<List<Integer>>() {});
            found(wanted.get(0), wanted.get(1), founded -> reply.accept(AdminReply.of(encode(founded))));
        } catch (IOException broken) {
            reply.accept(AdminReply.failed("not a request to found a cluster"));
        }
    }

    private static byte[] encode(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Founded decodeFounded(byte[] payload) {
        try {
            return JSON.readValue(payload, Founded.class);
        } catch (IOException broken) {
            return new Founded("", List.of(), false, "the founder's answer cannot be read");
        }
    }

    private Optional<String> existingCluster() {
        if (identity.cluster().isPresent()) {
            return Optional.of(identity.cluster().get().toString());
        }
        for (Peer peer : peers()) {
            if (!peer.clusterId().isEmpty()) {
                return Optional.of(peer.clusterId());
            }
        }
        return Optional.empty();
    }

    private void adopt(FoundingPlan plan) {
        join(plan.clusterId());
        tools.store().bootstrap(plan.ranges());
        for (RangeDescriptor descriptor : plan.ranges()) {
            tools.ranges().insert(descriptor);
        }
    }

    /** Gives every node of the plan its part, until all have it. */
    private void spread(FoundingPlan plan, Consumer<Founded> done) {
        adopt(plan);
        controlPlane()
                .broadcastBootstrap(
                        plan.clusterId(),
                        plan.encode(),
                        FOUNDING_TIMEOUT,
                        acks -> run(() -> {
                            TreeSet<Integer> missing = new TreeSet<>(plan.nodes());
                            missing.remove(self.node());
                            List<String> refusals = new ArrayList<>();
                            for (BootstrapAck ack : acks) {
                                if (ack.ok()) {
                                    missing.remove(ack.nodeId().value());
                                } else {
                                    refusals.add(ack.nodeId() + ": " + ack.error());
                                }
                            }
                            if (missing.isEmpty()) {
                                tools.store().campaign(plan.ranges());
                                writeMeta(plan, () -> {
                                    FoundingPlan.finish(tools.engine());
                                    LOG.info("founded cluster {} on nodes {}", plan.clusterId(), plan.nodes());
                                    done.accept(new Founded(plan.clusterId(), plan.nodes(), false, ""));
                                });
                            } else {
                                LOG.warn("founding goes on; nodes {} have not answered {}", missing, refusals);
                                done.accept(new Founded(
                                        plan.clusterId(),
                                        plan.nodes(),
                                        false,
                                        "nodes " + missing + " have not answered yet " + refusals));
                                tools.executor()
                                        .schedule(() -> run(() -> spread(plan, ignored -> {})), 1, TimeUnit.SECONDS);
                            }
                        }));
    }

    /** The first descriptors stand in the meta range like all later ones. That this works also shows that the cluster serves. */
    private void writeMeta(FoundingPlan plan, Runnable written) {
        tools.registry()
                .writeDescriptors(
                        plan.ranges(),
                        ok -> run(() -> {
                            if (ok) {
                                written.run();
                            } else {
                                tools.executor()
                                        .schedule(
                                                () -> writeMeta(plan, written),
                                                META_RETRY_MILLIS,
                                                TimeUnit.MILLISECONDS);
                            }
                        }));
    }

    private void join(String clusterId) {
        if (identity.cluster().isEmpty()) {
            LOG.info("joining cluster {}", clusterId);
        }
        identity = identity.join(tools.engine(), tools.disk(), tools.data(), UUID.fromString(clusterId));
        initialized = true;
        if (control != null) {
            control.clusterId(clusterId);
        }
    }

    // ---- the control plane's calls -------------------------------------------------------------------------------

    @Override
    public void onPeer(Peer peer) {
        tools.transport().addNode(peer.nodeId(), peer.akkaAddress());
        run(() -> {
            if (peer.live() && tools.registry().isGone(peer.nodeId())) {
                // Before it and others like it take themselves for a quorum of what the ranges were once.
                controlPlane().call(peer.nodeId(), GONE_CALL, new byte[0], META_TIMEOUT, ignored -> {});
            }
            if (!peer.clusterId().isEmpty() && identity.cluster().isEmpty()) {
                join(peer.clusterId());
                findMeta();
            }
        });
    }

    @Override
    public boolean isGone(NodeId node) {
        return tools.registry().isGone(node);
    }

    @Override
    public void onBootstrap(Bootstrap bootstrap, Consumer<BootstrapAck> reply) {
        run(() -> {
            Optional<UUID> mine = identity.cluster();
            if (mine.isPresent() && !mine.get().toString().equals(bootstrap.clusterId())) {
                reply.accept(new BootstrapAck(
                        identity.node(), false, mine.get().toString(), "belongs to cluster " + mine.get()));
                return;
            }
            adopt(FoundingPlan.decode(bootstrap.plan()));
            reply.accept(new BootstrapAck(identity.node(), true, bootstrap.clusterId(), ""));
        });
    }

    @Override
    public void onAdminCall(NodeId from, String kind, byte[] payload, Consumer<AdminReply> reply) {
        if (kind.equals(META_CALL)) {
            reply.accept(meta.known()
                    .map(known -> AdminReply.of(RangeDescriptorCodec.encode(known)))
                    .orElse(AdminReply.failed("the meta range is not known here")));
        } else if (kind.equals(FOUND_CALL)) {
            foundFor(payload, reply);
        } else if (kind.equals(GONE_CALL)) {
            stopForGood();
        } else {
            calls.answer(kind, payload, reply);
        }
    }

    @Override
    public void onRefused(String reason) {
        LOG.error("refused a node: {}", reason);
    }

    // ---- regular work --------------------------------------------------------------------------------------------

    private void refresh() {
        if (!initialized) {
            return;
        }
        if (meta.known().isEmpty()) {
            findMeta();
            return;
        }
        if (!registered) {
            register();
            // If that is in vain: all the nodes that this one knows the meta range on may have lost it while it was
            // down.
            findMeta();
        } else if (refreshes++ % REFRESH_REGISTRY_EVERY == 0) {
            tools.registry()
                    .refresh(ignored -> run(() -> {
                        if (tools.registry().isGone(identity.node())) {
                            stopForGood();
                        }
                    }));
            // The meta range may have moved away from all the nodes that this one knows it on.
            findMeta();
        }
    }

    private void register() {
        tools.registry()
                .register(
                        self,
                        result -> run(() -> {
                            if (result == NodeRegistry.Registration.OURS) {
                                registered = true;
                                tools.store().allowAdoption();
                                tools.registry().refresh(ignored -> {});
                            } else if (result == NodeRegistry.Registration.GONE) {
                                stopForGood();
                            } else if (result == NodeRegistry.Registration.TAKEN) {
                                tools.fatal()
                                        .accept("node id " + self.node()
                                                + " belongs to another store: this data directory (" + self.store()
                                                + ") is not the one that made the node's promises; use a new node id");
                            }
                        }));
    }

    private void stopForGood() {
        tools.fatal()
                .accept("node id " + self.node()
                        + " was taken out of the cluster: it never comes back; use a new node id"
                        + " and an empty data directory");
    }

    private void findMeta() {
        meta.find(answered -> {
            for (Peer peer : peers()) {
                controlPlane().call(peer.nodeId(), META_CALL, new byte[0], META_TIMEOUT, answered);
            }
        });
    }

    private List<Peer> peers() {
        return control == null ? List.of() : control.peers();
    }

    private ControlPlane controlPlane() {
        ControlPlane plane = control;
        if (plane == null) {
            throw new IllegalStateException("the control plane is not started");
        }
        return plane;
    }

    /** With more room it is tried again, for the other nodes go on to tell which cluster this is. Any other failure is the disk's last. */
    private void diskRefused(IOException cause) {
        if (cause instanceof NoSpaceException) {
            LOG.error("membership: {}", cause.toString());
        } else {
            tools.diskFailed().accept(cause);
        }
    }

    private void run(Runnable task) {
        try {
            tools.executor().execute(() -> {
                try {
                    task.run();
                } catch (StoreIdentity.WrongStore wrong) {
                    tools.fatal().accept(String.valueOf(wrong.getMessage()));
                } catch (UncheckedIOException disk) {
                    diskRefused(requireNonNull(disk.getCause()));
                } catch (RuntimeException failure) {
                    LOG.error("membership: {}", failure.toString(), failure);
                }
            });
        } catch (RejectedExecutionException stopping) {
            LOG.debug("stopping: a membership task was dropped");
        }
    }
}
