package io.flotilla.node.liveness.service;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.HybridClock;
import io.flotilla.node.liveness.Liveness;
import io.flotilla.node.liveness.LivenessConfig;
import io.flotilla.node.liveness.LivenessFact;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.LivenessReady;
import io.flotilla.node.liveness.LivenessState;
import io.flotilla.node.liveness.LivenessView;
import io.flotilla.node.liveness.StoreLiveness;
import io.flotilla.node.raft.Now;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one {@link StoreLiveness}. The core is stepped under a lock by whoever brings an event: the timer, a thread that decoded a message, or the disk's
 * thread; a step takes microseconds and nothing in it waits. The timer does nothing but tick and look at the log's write under way; only the disk's
 * thread waits for the disk.
 */
public final class LivenessService implements Liveness, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LivenessService.class);

    /** A timer that woke so much too late was not alone: others had no chance to run either, and the age of a write says nothing. */
    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final long JOIN_MILLIS = 2_000;
    private static final long WAIT_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(1);

    /** What this room needs of the others. */
    public interface Ports {
        /** Never blocks; may lose it. */
        void send(NodeId to, LivenessMessage message);

        /** All nodes whose address is known, as long as they are of the cluster. */
        Collection<NodeId> nodes();

        /** For how long the log's write under way has been so; 0 if there is none. */
        long oldestPendingNanos();

        /** The promises cannot be made durable; nothing more may be promised and the process must end. */
        void diskFailed(Exception cause);

        /** What withdraws support is at its end; the process must end too. */
        void broken(RuntimeException cause);
    }

    private final LivenessFile file;
    private volatile boolean fileFailed;
    private final HybridClock clock;
    private final Ports ports;
    private final StoreLiveness core;
    private final long stallNanos;
    private final Thread timer = new Thread(this::runTimer, "flotilla-liveness");
    private final Thread disk = new Thread(this::runDisk, "flotilla-liveness-disk");

    private volatile LivenessView view;
    private volatile LivenessListener listener = NOBODY;
    private volatile boolean closed;

    private LivenessReady.@Nullable Persist unsaved;
    private volatile long savingSinceNanos;
    private boolean stalled;

    /** Whom the core knows; the timer's own. */
    private final Set<NodeId> known = new HashSet<>();

    private static final LivenessListener NOBODY = new LivenessListener() {
        @Override
        public void withdrawn(NodeId node, long epoch) {}

        @Override
        public void supported(NodeId node, long epoch) {}
    };

    public LivenessService(LivenessConfig config, LivenessFile file, HybridClock clock, Ports ports) {
        this.file = file;
        this.clock = clock;
        this.ports = ports;
        this.stallNanos = TimeUnit.MILLISECONDS.toNanos(config.settings().diskStallMillis());
        this.core = new StoreLiveness(config, file.found(), now());
        this.view = core.view();
        // Whoever of them has left meanwhile is not among the nodes.
        file.found().records().forEach(record -> known.add(new NodeId(record.node())));
        timer.setDaemon(true);
        disk.setDaemon(true);
    }

    /** Begins to ask for support and to give it. Before, nothing is sent and what comes in is dropped. */
    public void start(LivenessListener factsGoTo) {
        listener = factsGoTo;
        disk.start();
        timer.start();
    }

    /** The monotonic clock that all times here are on. */
    public static long nowMicros() {
        return System.nanoTime() / 1_000;
    }

    private Now now() {
        return new Now(nowMicros(), clock.now());
    }

    @Override
    public LivenessView view() {
        return view;
    }

    @Override
    public void received(NodeId from, LivenessMessage message) {
        if (timer.isAlive()) {
            step(() -> core.received(now(), from.value(), message));
        }
    }

    /** This node relies on nobody's support from now on, and the others know it at once. For an orderly stop; leases are to be handed over before. */
    public void resign() {
        LOG.info("this store wants no more support: it is about to stop");
        step(() -> core.resign(now()));
        step(() -> core.tick(now()));
    }

    // Steps

    private void step(Supplier<LivenessReady> event) {
        List<LivenessFact> facts;
        synchronized (core) {
            LivenessReady ready = event.get();
            // Published before anything leaves: who gives up support must not be found relying on it.
            view = core.view();
            if (closed) {
                return;
            }
            for (LivenessReady.Outgoing outgoing : ready.send()) {
                ports.send(new NodeId(outgoing.to()), outgoing.message());
            }
            if (ready.persist() != null) {
                unsaved = ready.persist();
                core.notifyAll();
            }
            facts = ready.facts();
        }
        for (LivenessFact fact : facts) {
            tell(fact);
        }
    }

    private void tell(LivenessFact fact) {
        NodeId node = new NodeId(fact.node());
        try {
            if (fact instanceof LivenessFact.Withdrawn) {
                LOG.info("{} is not supported any more (epoch {})", node, fact.epoch());
                listener.withdrawn(node, fact.epoch());
            } else {
                LOG.info("{} supports this store (epoch {})", node, fact.epoch());
                listener.supported(node, fact.epoch());
            }
        } catch (RuntimeException failure) {
            LOG.error("what became true of {} was not taken in", node, failure);
        }
    }

    // The timer

    private void runTimer() {
        long dueNanos = System.nanoTime();
        try {
            while (!closed) {
                long nowNanos = System.nanoTime();
                long waitNanos = tick(nowNanos, nowNanos - dueNanos < LATE_NANOS);
                dueNanos = nowNanos + waitNanos;
                LockSupport.parkNanos(this, waitNanos);
            }
        } catch (RuntimeException broken) {
            // Nobody would withdraw the support that this store gives.
            LOG.error("store liveness has failed", broken);
            ports.broken(broken);
        }
    }

    /** @return when to tick again */
    private long tick(long nowNanos, boolean onTime) {
        Collection<NodeId> nodes = ports.nodes();
        if (nodes.size() != known.size() || !known.containsAll(nodes)) {
            knowOthers(Set.copyOf(nodes));
        }
        step(() -> core.tick(now()));
        long pendingNanos = Math.max(ports.oldestPendingNanos(), age(savingSinceNanos, nowNanos));
        long untilStalled = stallNanos - pendingNanos;
        if (onTime) {
            watchDisk(pendingNanos);
        }
        long nextTick;
        synchronized (core) {
            nextTick = TimeUnit.MICROSECONDS.toNanos(core.nextTickMicros() - nowMicros());
        }
        long nextLook = stalled ? nextTick : untilStalled > 0 ? untilStalled : LATE_NANOS / 2;
        return Math.max(WAIT_NANOS_MIN, Math.min(nextTick, nextLook));
    }

    private void knowOthers(Set<NodeId> nodes) {
        for (NodeId node : nodes) {
            if (known.add(node)) {
                step(() -> core.know(now(), node.value()));
            }
        }
        for (NodeId node : Set.copyOf(known)) {
            if (!nodes.contains(node)) {
                known.remove(node);
                LOG.info("{} is not of the cluster, as far as is known here; it is not asked for support", node);
                step(() -> core.forget(now(), node.value()));
            }
        }
    }

    private void watchDisk(long pendingNanos) {
        boolean standsStill = stalled ? pendingNanos > stallNanos / 4 : pendingNanos > stallNanos;
        if (standsStill == stalled) {
            return;
        }
        stalled = standsStill;
        if (standsStill) {
            LOG.warn(
                    "the disk stands still: a write takes {} ms by now; this store gives up its leases",
                    TimeUnit.NANOSECONDS.toMillis(pendingNanos));
        } else {
            LOG.info("the disk is well again; this store asks for support");
        }
        step(() -> core.diskStalled(now(), standsStill));
        step(() -> core.tick(now()));
    }

    private static long age(long sinceNanos, long nowNanos) {
        return sinceNanos == 0 ? 0 : Math.max(0, nowNanos - sinceNanos);
    }

    // The disk

    private void runDisk() {
        try {
            while (true) {
                LivenessReady.Persist next = takeUnsaved();
                if (next == null) {
                    return;
                }
                savingSinceNanos = System.nanoTime() | 1;
                file.save(next.state(), () -> {
                    savingSinceNanos = 0;
                    step(() -> core.persisted(now(), next.number()));
                });
            }
        } catch (IOException | RuntimeException failure) {
            fileFailed = true;
            if (!closed) {
                LOG.error("the promises of this store cannot be made durable", failure);
                ports.diskFailed(failure);
            }
        }
    }

    private LivenessReady.@Nullable Persist takeUnsaved() {
        boolean interrupted = false;
        synchronized (core) {
            while (unsaved == null && !closed) {
                try {
                    core.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            LivenessReady.Persist next = closed ? null : unsaved;
            unsaved = null;
            return next;
        }
    }

    /**
     * Ends both threads. Nothing is promised any more, and nothing that was is broken: it runs out. By now nothing is served either, so it can be written
     * up to where it was: the next life has nothing to wait for.
     */
    @Override
    public void close() {
        synchronized (core) {
            closed = true;
            core.notifyAll();
        }
        LockSupport.unpark(timer);
        join(timer);
        join(disk);
        try {
            if (!disk.isAlive() && !fileFailed) {
                file.save(atEnd(), () -> {});
            }
            file.close();
        } catch (IOException e) {
            LOG.warn("the file of promises was not closed in good order", e);
        }
    }

    private LivenessState atEnd() {
        synchronized (core) {
            return core.atEnd(now());
        }
    }

    /** Not for ever: the disk may stand still. */
    private static void join(Thread thread) {
        try {
            thread.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
