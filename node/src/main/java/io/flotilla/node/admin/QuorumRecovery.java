package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.KvSender;
import io.flotilla.node.grpc.ClusterAdmin.Absent;
import io.flotilla.node.grpc.ClusterAdmin.Answer;
import io.flotilla.node.grpc.ClusterAdmin.Failed;
import io.flotilla.node.grpc.ClusterAdmin.Ok;
import io.flotilla.node.grpc.ClusterAdmin.Recovered;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.lifecycle.TransactionPort;
import io.flotilla.range.recovery.ForcedStep;
import io.flotilla.range.recovery.MetaRepair;
import io.flotilla.range.recovery.RecoveryPlan;
import io.flotilla.range.recovery.RecoveryPlan.Forced;
import io.flotilla.range.recovery.RecoveryPlanner;
import io.flotilla.range.recovery.Survivor;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.Scheduler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives what is to be done when nodes are lost for good: asks every node that is left what it has, plans, has the plan carried out, the meta range before
 * all others, corrects the meta range's rows, and shuts the lost nodes out.
 *
 * <p>Nothing is remembered between calls: the same call goes on from what is there. It needs no range to have a quorum. It is refused as long as a node that
 * is called lost answers, or one that is not called lost does not: a plan made without what that one has could contradict it.
 *
 * <p>Threading: thread-safe; nothing blocks; callbacks run on the control plane's or the scheduler's threads.
 */
public final class QuorumRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(QuorumRecovery.class);

    private static final long POLL_MICROS = 200_000;
    private static final long STEP_MICROS_MAX = 5_000_000;
    private static final int STEPS_AT_ONCE_MAX = 1_000;
    private static final int ROWS_AT_ONCE_MAX = 500;

    private final NodeId self;
    private final NodeRegistry registry;
    private final NodePort nodes;
    private final NodeGroups groups;
    private final KvSender sender;
    private final TransactionPort transactions;
    private final Scheduler scheduler;

    public QuorumRecovery(
            NodeId self,
            NodeRegistry registry,
            NodePort nodes,
            NodeGroups groups,
            KvSender sender,
            TransactionPort transactions,
            Scheduler scheduler) {
        this.self = self;
        this.registry = registry;
        this.nodes = nodes;
        this.groups = groups;
        this.sender = sender;
        this.transactions = transactions;
        this.scheduler = scheduler;
    }

    void recover(Set<NodeId> lost, boolean dryRun, long timeoutMicros, Consumer<Answer<Recovered>> callback) {
        Set<NodeId> known = new TreeSet<>();
        registry.everKnown().forEach(entry -> known.add(new NodeId(entry.node())));
        Set<NodeId> left = new TreeSet<>(Set.of(self));
        registry.nodes().forEach(entry -> left.add(new NodeId(entry.node())));
        // The registry's copy here cannot be made anew without the meta range: who came last may be missing in it.
        nodes.live().stream().filter(node -> !registry.isGone(node)).forEach(left::add);
        left.removeAll(lost);
        for (NodeId node : lost) {
            if (nodes.isLive(node)) {
                callback.accept(invalid("node " + node.value() + " answers: it is not lost"));
                return;
            }
        }
        for (NodeId node : left) {
            if (!nodes.isLive(node)) {
                callback.accept(
                        invalid(
                                "node " + node.value()
                                        + " does not answer and is not called lost: what it has must be known before anything is decided"));
                return;
            }
        }
        new Run(known, lost, left, dryRun, scheduler.nowMicros() + timeoutMicros, callback).survey();
    }

    private static Answer<Recovered> invalid(String why) {
        return new Failed<>(new KvError.Invalid(why));
    }

    /** One call. */
    private final class Run {
        private final Set<NodeId> known;
        private final Set<NodeId> lost;
        private final Set<NodeId> left;
        private final boolean dryRun;
        private final long deadlineMicros;
        private final Consumer<Answer<Recovered>> callback;
        private @Nullable RecoveryPlan first;
        private final List<String> problems = new ArrayList<>();
        private String waitsFor = "";

        Run(
                Set<NodeId> known,
                Set<NodeId> lost,
                Set<NodeId> left,
                boolean dryRun,
                long deadlineMicros,
                Consumer<Answer<Recovered>> callback) {
            this.known = known;
            this.lost = lost;
            this.left = left;
            this.dryRun = dryRun;
            this.deadlineMicros = deadlineMicros;
            this.callback = callback;
        }

        // ---- what is left ----------------------------------------------------------------------------------------

        private void survey() {
            survey(new ArrayDeque<>(left), new RangeId(1), new ArrayList<>());
        }

        private void survey(ArrayDeque<NodeId> open, RangeId from, List<Survivor> found) {
            NodeId node = open.peek();
            if (node == null) {
                plan(found);
                return;
            }
            nodes.call(node, AdminCalls.SURVEY, AdminCalls.rangePayload(from), stepTimeout(), reply -> {
                if (!reply.ok()) {
                    callback.accept(invalid(node + " did not say what it has: " + reply.error()));
                    return;
                }
                List<Survivor> page;
                try {
                    page = AdminCalls.decodeSurvivors(node, reply.payload());
                } catch (IllegalArgumentException broken) {
                    callback.accept(invalid(String.valueOf(broken.getMessage())));
                    return;
                }
                found.addAll(page);
                if (page.size() < AdminCalls.SURVEY_REPLICAS_MAX) {
                    open.remove();
                    survey(open, new RangeId(1), found);
                } else {
                    RangeId last = page.get(page.size() - 1).descriptor().id();
                    survey(open, new RangeId(last.value() + 1), found);
                }
            });
        }

        private void plan(List<Survivor> survivors) {
            Set<NodeId> named = named(survivors);
            for (NodeId node : lost) {
                // The registry's copy may not have who came last; those he has replicas with do.
                if (!known.contains(node) && !named.contains(node)) {
                    callback.accept(new Absent<>("there is no node " + node.value()));
                    return;
                }
            }
            Optional<NodeId> missing = missing(named);
            if (missing.isPresent()) {
                callback.accept(
                        invalid(
                                "node " + missing.get().value()
                                        + " has replicas, by what others have, and is not known here, neither as lost nor as one that answers: start it, or call it lost"));
                return;
            }
            RecoveryPlan plan = RecoveryPlanner.plan(survivors);
            if (first == null) {
                first = plan;
            }
            if (dryRun) {
                finish(true);
            } else if (isLate("the plan to be made")) {
                finish(false);
            } else if (plan.forced().isEmpty()) {
                List<RangeDescriptor> applied = newest(survivors, Survivor::applied);
                if (isBehind(applied, newest(survivors, Survivor::descriptor))) {
                    scheduler.schedule(POLL_MICROS, this::survey);
                } else {
                    problems.addAll(plan.problems());
                    repair(applied);
                }
            } else {
                boolean meta = plan.forced().get(0).before().id().equals(RangeId.META);
                // Nothing else can be found before the meta range is there.
                List<Forced> now = meta ? plan.forced().subList(0, 1) : plan.forced();
                List<Forced> some = now.subList(0, Math.min(now.size(), STEPS_AT_ONCE_MAX));
                LOG.warn("nodes {} are lost: {} ranges go on without them", lost, some.size());
                stage(some);
            }
        }

        /** Somebody who was not asked: a plan made without what he has could contradict him. */
        private Optional<NodeId> missing(Set<NodeId> named) {
            return named.stream()
                    .filter(node -> !left.contains(node) && !lost.contains(node) && !registry.isGone(node))
                    .findFirst();
        }

        /** All who have replicas, by the newest that is known of each range. */
        private static Set<NodeId> named(List<Survivor> survivors) {
            return newest(survivors, Survivor::descriptor).stream()
                    .flatMap(range -> range.replicas().stream())
                    .map(ReplicaInfo::node)
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        /** Of each range. */
        private static List<RangeDescriptor> newest(
                List<Survivor> survivors, Function<Survivor, RangeDescriptor> descriptor) {
            Map<RangeId, RangeDescriptor> newest = new TreeMap<>();
            for (Survivor survivor : survivors) {
                RangeDescriptor range = descriptor.apply(survivor);
                newest.merge(range.id(), range, (one, other) -> one.generation() >= other.generation() ? one : other);
            }
            return new ArrayList<>(newest.values());
        }

        /** Whether a range was forced, and what it was forced to be is in logs only. */
        private static boolean isBehind(List<RangeDescriptor> applied, List<RangeDescriptor> logged) {
            for (int i = 0; i < applied.size(); i++) {
                if (RecoveryPlanner.leaps(applied.get(i)) < RecoveryPlanner.leaps(logged.get(i))) {
                    return true;
                }
            }
            return false;
        }

        // ---- going on --------------------------------------------------------------------------------------------

        private void stage(List<Forced> ranges) {
            Map<NodeId, List<ForcedStep>> steps = new TreeMap<>();
            for (Forced range : ranges) {
                steps.computeIfAbsent(range.source().node(), node -> new ArrayList<>())
                        .add(range.step());
            }
            Joined joined = new Joined(steps.size(), () -> awaitServing(new ArrayDeque<>(ranges)));
            steps.forEach((node, list) ->
                    nodes.call(node, AdminCalls.FORCE, AdminCalls.forcePayload(list), stepTimeout(), joined::answered));
        }

        /** Answers that fail are of no account: what was not done shows in the next survey. */
        private static final class Joined {
            private final Runnable then;
            private int open;

            Joined(int open, Runnable then) {
                this.open = open;
                this.then = then;
            }

            void answered(AdminReply reply) {
                synchronized (this) {
                    if (--open > 0) {
                        return;
                    }
                }
                then.run();
            }
        }

        private void awaitServing(ArrayDeque<Forced> ranges) {
            Forced range = ranges.peek();
            if (range == null) {
                survey();
            } else if (isLate(
                    range.before().id() + " to be served by " + range.source().node())) {
                finish(false);
            } else {
                groups.look(range.after(), look -> {
                    if (look.isPresent()) {
                        ranges.remove();
                        awaitServing(ranges);
                    } else {
                        scheduler.schedule(POLL_MICROS, () -> awaitServing(ranges));
                    }
                });
            }
        }

        // ---- telling the meta range ------------------------------------------------------------------------------

        private void repair(List<RangeDescriptor> applied) {
            if (isLate("the meta range's rows")) {
                finish(false);
                return;
            }
            KvOp allocator = new KvOp.Get(KeySpace.rangeIdAllocator());
            sender.send(new KvBatch(KvHeader.standalone(stepMicros()), List.of(allocator)), reply -> {
                if (reply instanceof KvReply.Done done && done.results().get(0) instanceof KvResult.Got got) {
                    repair(applied, MetaRepair.ofAllocator(got.value(), applied));
                } else {
                    scheduler.schedule(POLL_MICROS, () -> repair(applied));
                }
            });
        }

        private void repair(List<RangeDescriptor> applied, Optional<KvOp.DataWrite> allocator) {
            MetaScan.settledAndSeen(
                    sender,
                    (rows, seen) -> {
                        List<KvOp.DataWrite> writes = new ArrayList<>(MetaRepair.of(rows, applied));
                        allocator.ifPresent(write -> writes.add(0, write));
                        if (writes.isEmpty()) {
                            problems.addAll(MetaRepair.gaps(rows));
                            shutOut(new ArrayDeque<>(lost));
                        } else {
                            write(writes.subList(0, Math.min(writes.size(), ROWS_AT_ONCE_MAX)), seen, applied);
                        }
                    },
                    error -> scheduler.schedule(POLL_MICROS, () -> repair(applied)));
        }

        private void write(List<KvOp.DataWrite> writes, TransactionPort.Seen seen, List<RangeDescriptor> applied) {
            transactions.commit(writes.get(0).key(), writes, seen, Value.EMPTY, stepMicros(), error -> {
                if (error != null) {
                    LOG.info("the meta range's rows are not corrected yet: {}", error.message());
                }
                scheduler.schedule(error == null ? 0 : POLL_MICROS, () -> repair(applied));
            });
        }

        /** Whoever comes back under one of these ids is turned away. */
        private void shutOut(ArrayDeque<NodeId> open) {
            NodeId node = open.peek();
            if (node == null) {
                finish(true);
            } else if (isLate("the registry of nodes")) {
                finish(false);
            } else {
                registry.mark(node.value(), true, marked -> {
                    if (marked) {
                        nodes.forget(node);
                        open.remove();
                        shutOut(open);
                    } else {
                        scheduler.schedule(POLL_MICROS, () -> shutOut(open));
                    }
                });
            }
        }

        // ---- the end ---------------------------------------------------------------------------------------------

        private boolean isLate(String what) {
            waitsFor = what;
            return scheduler.nowMicros() >= deadlineMicros;
        }

        private void finish(boolean done) {
            RecoveryPlan plan = first;
            if (plan == null) {
                plan = new RecoveryPlan(List.of(), 0, List.of(), List.of());
            }
            List<String> said = new ArrayList<>(dryRun ? plan.problems() : problems);
            callback.accept(new Ok<>(new Recovered(plan, said, done, done ? "" : waitsFor)));
        }

        private long stepMicros() {
            return Math.max(1, Math.min(STEP_MICROS_MAX, deadlineMicros - scheduler.nowMicros()));
        }

        private Duration stepTimeout() {
            return Duration.ofNanos(stepMicros() * 1_000);
        }
    }
}
