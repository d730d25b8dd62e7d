package io.flotilla.node.admin;

import io.flotilla.config.kv.KvSender;
import io.flotilla.node.replica.Store;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeMachine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What nobody asked for and somebody must do: the leaseholder of a range whose change of voters was left half done, because its driver died, finishes it,
 * and takes a learner back that nobody works on any more; and a store finds out about replicas of its own that were removed while nobody could tell it.
 *
 * <p>Threading: its passes run on one thread and do not block it.
 */
public final class Housekeeping {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

    /** A driver takes a few tens of milliseconds from joint to not joint; whoever finds the same twice in this time finds a dead one's. */
    private static final long SETTLE_SECONDS = 5;

    private static final long SETTLE_TIMEOUT_MICROS = 10_000_000;

    /** Each pass reads all descriptors; with ten thousand that is a megabyte. A replica that was missed does no harm meanwhile. */
    private static final long COMPARE_SECONDS = 120;

    private final Store store;
    private final KvSender sender;
    private final ReplicaChangeMachine machine;
    private final BooleanSupplier ready;
    private final LearnerWatch learners;

    /** Generations of joint descriptors seen in the last pass. */
    private Map<RangeId, Long> joint = new TreeMap<>();

    private Housekeeping(
            Store store, KvSender sender, ReplicaChangeMachine machine, BooleanSupplier ready, LearnerWatch learners) {
        this.store = store;
        this.sender = sender;
        this.machine = machine;
        this.ready = ready;
        this.learners = learners;
    }

    /** @param ready whether this node is of a cluster */
    public static void start(
            Store store,
            KvSender sender,
            ReplicaChangeMachine machine,
            BooleanSupplier ready,
            AdminCalls calls,
            ScheduledExecutorService executor) {
        Housekeeping house = new Housekeeping(store, sender, machine, ready, calls.learners());
        executor.scheduleWithFixedDelay(
                () -> house.guarded(house::settle), SETTLE_SECONDS, SETTLE_SECONDS, TimeUnit.SECONDS);
        // Soon after the start, when what was missed while the node was down matters most; not all nodes at once.
        executor.scheduleWithFixedDelay(
                () -> house.guarded(house::compare),
                10 + ThreadLocalRandom.current().nextInt(10),
                COMPARE_SECONDS,
                TimeUnit.SECONDS);
    }

    private void guarded(Runnable pass) {
        try {
            if (ready.getAsBoolean()) {
                pass.run();
            }
        } catch (RuntimeException failure) {
            LOG.warn("housekeeping: {}", failure.toString(), failure);
        }
    }

    private void settle() {
        Collection<RangeDescriptor> ranges = store.descriptors();
        settle(ranges);
        for (LearnerWatch.Abandoned learner : learners.pass(ranges)) {
            finish(learner.range(), new ReplicaChange.TakeBack(learner.learnerId()));
        }
    }

    private void settle(Collection<RangeDescriptor> ranges) {
        Map<RangeId, Long> before = joint;
        joint = new TreeMap<>();
        for (RangeDescriptor descriptor : ranges) {
            if (!descriptor.isJoint()) {
                continue;
            }
            joint.put(descriptor.id(), descriptor.generation());
            Long earlier = before.get(descriptor.id());
            if (earlier != null && earlier == descriptor.generation()) {
                finish(descriptor, new ReplicaChange.Settle());
            }
        }
    }

    /** If the leaseholder is here. */
    private void finish(RangeDescriptor descriptor, ReplicaChange wish) {
        store.look(descriptor.id(), look -> {
            if (look.isPresent()) {
                LOG.info("a change of replicas was left half done: {}: {}", descriptor, wish);
                machine.change(
                        descriptor,
                        wish,
                        SETTLE_TIMEOUT_MICROS,
                        result -> LOG.info("{}: {}: {}", descriptor.id(), wish, result));
            }
        });
    }

    private void compare() {
        if (store.replicaCount() > 0) {
            MetaScan.of(
                    sender,
                    found -> found.forEach(store::compare),
                    error -> LOG.debug("the meta range could not be read: {}", error.message()));
        }
    }
}
