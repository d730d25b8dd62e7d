package io.flotilla.node.admin;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.grpc.ClusterAdmin;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.replica.LeaseMargins;
import io.flotilla.node.replica.QuorumWatch;
import io.flotilla.node.replica.ReplicaReport;
import io.flotilla.node.replica.Serving;
import io.flotilla.node.replica.Store;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.recovery.ForcedStep;
import io.flotilla.range.recovery.Survivor;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.Scheduler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** What nodes ask each other on behalf of operators: how their replicas are, and to hand a lease over. Answered from the store. */
public final class AdminCalls {
    static final String REPLICAS = "replicas";
    static final String SERVING = "serving";
    static final String TRANSFER = "transfer-lease";
    static final String LOOK = "look-at-group";
    static final String HAND_OFF = "hand-off";
    static final String SURVEY = "survey-survivors";
    static final String FORCE = "force-survivors";

    /** Within what fits into one answer. */
    static final int SURVEY_REPLICAS_MAX = 1_000;

    /** A replica that stops, or is destroyed, before it comes to its answer never gives one. Well below what whoever asks a node waits. */
    static final long REPORTS_MICROS_MAX = 2_000_000;

    private static final long STAY_DRAINED_NANOS = 500_000_000;

    /** Time enough to ask another heir where one does not take over. */
    private static final Duration STAY_DRAINED_PATIENCE = Duration.ofSeconds(5);

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * One replica, as its node sees it.
     *
     * <p>On its way without the names of its fields: a node with 50,000 replicas has as many lines, and a message must not exceed a frame.
     *
     * @param quorum a leader that hears from a quorum, or a follower that knows a leader
     */
    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    record ReplicaLine(
            long range,
            long generation,
            boolean leaseholder,
            boolean quorum,
            long applied,
            QuorumWatch.Progress progress,
            boolean asleep) {}

    /** A {@link Survivor} on its way; its node is the one that answers. */
    record SurvivorLine(
            byte[] descriptor, byte[] applied, long term, long lastTerm, long lastIndex, long commit, long newest) {
        static SurvivorLine of(Survivor survivor) {
            return new SurvivorLine(
                    RangeDescriptorCodec.encode(survivor.descriptor()),
                    RangeDescriptorCodec.encode(survivor.applied()),
                    survivor.term(),
                    survivor.lastTerm(),
                    survivor.lastIndex(),
                    survivor.commit(),
                    survivor.newest().packed());
        }

        Survivor on(NodeId node) {
            return new Survivor(
                    node,
                    RangeDescriptorCodec.decode(descriptor),
                    RangeDescriptorCodec.decode(applied),
                    term,
                    lastTerm,
                    lastIndex,
                    commit,
                    new Timestamp(newest));
        }
    }

    private final Store store;
    private final Scheduler scheduler;
    private final LearnerWatch learners = new LearnerWatch();
    private final AtomicBoolean drained = new AtomicBoolean();

    public AdminCalls(Store store, Scheduler scheduler) {
        this.store = store;
        this.scheduler = scheduler;
    }

    /** Who of the learners here is worked on shows in what is asked. */
    LearnerWatch learners() {
        return learners;
    }

    /** Answers a call; the reply may come later, from another thread. */
    void answer(String kind, byte[] payload, Consumer<AdminReply> reply) {
        switch (kind) {
            case REPLICAS -> replicas(lines -> reply.accept(AdminReply.of(encode(lines))));
            case SERVING -> reply.accept(AdminReply.of(encode(serving())));
            case LOOK -> {
                RangeId range = new RangeId(Long.parseLong(new String(payload, StandardCharsets.UTF_8)));
                learners.attended(range);
                store.look(
                        range,
                        look -> reply.accept(
                                look.isPresent()
                                        ? AdminReply.of(encode(look.get().caughtUp()))
                                        : AdminReply.failed("not the leaseholder")));
            }
            case HAND_OFF -> handOff(payload, reply);
            case SURVEY -> {
                RangeId from = new RangeId(Long.parseLong(new String(payload, StandardCharsets.UTF_8)));
                List<SurvivorLine> lines = new ArrayList<>();
                store.lostQuorums()
                        .survivors(from, SURVEY_REPLICAS_MAX)
                        .forEach(each -> lines.add(SurvivorLine.of(each)));
                reply.accept(AdminReply.of(encode(lines)));
            }
            case FORCE -> {
                List<ForcedStep> steps = new ArrayList<>();
                decodeSteps(payload).forEach(bytes -> steps.add(ForcedStep.decode(bytes)));
                store.lostQuorums().stage(steps);
                reply.accept(AdminReply.of(new byte[0]));
            }
            case TRANSFER -> reply.accept(transfer(payload));
            default -> reply.accept(AdminReply.failed("unknown call '" + kind + "'"));
        }
    }

    /** How this store served since it started. */
    ClusterAdmin.Serving serving() {
        Serving.Report report = store.serving();
        List<ClusterAdmin.LeaseMargin> margins = new ArrayList<>();
        for (LeaseMargins.Bucket bucket : report.margins()) {
            long below = bucket.belowMillis() == Long.MAX_VALUE ? 0 : bucket.belowMillis();
            margins.add(new ClusterAdmin.LeaseMargin(below, bucket.count()));
        }
        return new ClusterAdmin.Serving(
                margins,
                report.tooLate(),
                report.writesRefused(),
                report.unappliedBytes(),
                store.lostReplicas().alarms(),
                report.woken(),
                drained.get());
    }

    static Optional<ClusterAdmin.Serving> decodeServing(byte[] payload) {
        try {
            return Optional.of(JSON.readValue(payload, ClusterAdmin.Serving.class));
        } catch (IOException broken) {
            return Optional.empty();
        }
    }

    /** The ranges that have a replica here, in the order of their keys. */
    List<RangeDescriptor> descriptors() {
        List<RangeDescriptor> all = new ArrayList<>(store.descriptors());
        all.sort(Comparator.comparing(descriptor -> descriptor.span().start()));
        return all;
    }

    /** How all replicas of this store are. A replica that stops meanwhile leaves its line out. {@code done} is called once, and soon. */
    void replicas(Consumer<List<ReplicaLine>> done) {
        Gathering gathering = new Gathering(scheduler, done);
        gathering.expect(store.inspect(gathering::add));
    }

    private AdminReply transfer(byte[] payload) {
        String[] words = new String(payload, StandardCharsets.UTF_8).split(" ");
        boolean asked =
                store.transferLease(new RangeId(Long.parseLong(words[0])), new NodeId(Integer.parseInt(words[1])));
        return asked ? AdminReply.of(new byte[0]) : AdminReply.failed("no such replica");
    }

    /** Takes its time, so it has a thread; and what comes back to a drained node, it hands over again, until the process ends. */
    private void handOff(byte[] payload, Consumer<AdminReply> reply) {
        Duration patience = Duration.ofMillis(Long.parseLong(new String(payload, StandardCharsets.UTF_8)));
        Thread thread = new Thread(
                () -> {
                    long began = System.nanoTime();
                    int before = leases();
                    int left = store.handOff(patience.minusNanos(System.nanoTime() - began));
                    reply.accept(AdminReply.of(encode(List.of(Math.max(0, before - left), left))));
                    if (drained.compareAndSet(false, true)) {
                        stayDrained();
                    }
                },
                "flotilla-hand-off");
        thread.setDaemon(true);
        thread.start();
    }

    private void stayDrained() {
        while (!Thread.interrupted()) {
            LockSupport.parkNanos(STAY_DRAINED_NANOS);
            store.handOff(STAY_DRAINED_PATIENCE);
        }
    }

    private int leases() {
        AtomicInteger leases = new AtomicInteger();
        CountDownLatch open = new CountDownLatch(1);
        replicas(lines -> {
            for (ReplicaLine line : lines) {
                leases.addAndGet(line.leaseholder() ? 1 : 0);
            }
            open.countDown();
        });
        try {
            open.await(2 * REPORTS_MICROS_MAX, TimeUnit.MICROSECONDS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        return leases.get();
    }

    static byte[] numberPayload(long number) {
        return Long.toString(number).getBytes(StandardCharsets.UTF_8);
    }

    static byte[] rangePayload(RangeId range) {
        return numberPayload(range.value());
    }

    static List<Integer> decodeIds(byte[] payload) {
        try {
            return JSON.readValue(payload, new TypeReference<List<Integer>>() {});
        } catch (IOException broken) {
            return List.of();
        }
    }

    /** @throws IllegalArgumentException if that is no survey: a node that is not understood must not be taken for one without replicas */
    static List<Survivor> decodeSurvivors(NodeId node, byte[] payload) {
        try {
            List<Survivor> survivors = new ArrayList<>();
            JSON.readValue(payload, new TypeReference<List<SurvivorLine>>() {})
                    .forEach(line -> survivors.add(line.on(node)));
            return survivors;
        } catch (IOException broken) {
            throw new IllegalArgumentException(node + " gave no answer that can be read", broken);
        }
    }

    static byte[] forcePayload(List<ForcedStep> steps) {
        List<byte[]> encoded = new ArrayList<>();
        steps.forEach(step -> encoded.add(step.encode()));
        return encode(encoded);
    }

    private static List<byte[]> decodeSteps(byte[] payload) {
        try {
            return JSON.readValue(payload, new TypeReference<List<byte[]>>() {});
        } catch (IOException broken) {
            throw new IllegalArgumentException("not a list of steps", broken);
        }
    }

    static byte[] transferPayload(RangeId range, NodeId to) {
        return (range.value() + " " + to.value()).getBytes(StandardCharsets.UTF_8);
    }

    static List<ReplicaLine> decode(byte[] payload) {
        try {
            return JSON.readValue(payload, new TypeReference<List<ReplicaLine>>() {});
        } catch (IOException broken) {
            return List.of();
        }
    }

    static byte[] encode(Object lines) {
        try {
            return JSON.writeValueAsBytes(lines);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Waits for as many answers as were asked for; after a while, for no more. */
    static final class Gathering {
        private final Scheduler scheduler;
        private final Consumer<List<ReplicaLine>> done;
        private final List<ReplicaLine> lines = new ArrayList<>();
        private int expected = Integer.MAX_VALUE;
        private boolean finished;

        Gathering(Scheduler scheduler, Consumer<List<ReplicaLine>> done) {
            this.scheduler = scheduler;
            this.done = done;
        }

        void add(ReplicaReport report) {
            RaftStatus raft = report.raft();
            boolean quorum = raft.role() == RaftStatus.Role.LEADER ? raft.quorumActive() : raft.leader() != 0;
            ReplicaLine line = new ReplicaLine(
                    report.descriptor().id().value(),
                    report.descriptor().generation(),
                    report.leaseholder(),
                    quorum,
                    report.appliedIndex(),
                    report.progress(),
                    report.asleep());
            synchronized (lines) {
                lines.add(line);
            }
            finish(false);
        }

        void expect(int count) {
            synchronized (lines) {
                expected = count;
            }
            if (!finish(false)) {
                scheduler.schedule(REPORTS_MICROS_MAX, () -> finish(true));
            }
        }

        /** Whether it is finished now. @param late what has not come by now is not waited for any more */
        private boolean finish(boolean late) {
            List<ReplicaLine> found;
            synchronized (lines) {
                if (finished || (!late && lines.size() < expected)) {
                    return finished;
                }
                finished = true;
                found = List.copyOf(lines);
            }
            done.accept(found);
            return true;
        }
    }
}
