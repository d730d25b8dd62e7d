package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.liveness.Liveness;
import io.flotilla.node.liveness.LivenessView;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.Support;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.ReplicaInfo;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Hands over what a store leads before it stops, a few ranges at a time: each range pauses for as long as an election takes, and the others serve
 * meanwhile. Heirs are replicas that are caught up and whose stores are there; they get equal shares.
 *
 * <p>Threading: one call at a time, on a thread that may wait.
 */
final class HandOff {
    /** Ranges without a leader at once; each costs its heir two forced writes. */
    private static final int AT_ONCE_MAX = 8;

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** Whoever has not taken over by then is not going to; another is asked. */
    private static final long TAKE_OVER_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(300);

    private static final int TRIES_MAX = 4;

    /** Ranges may come back while others are handed over, from nodes that stop too; not for ever. */
    private static final int PASSES_MAX = 2;

    private static final long ANSWER_MILLIS_MAX = 1_000;

    /** A range on its way out. */
    private static final class Leaving {
        final Slot slot;
        int tries;
        long toldNanos;

        Leaving(Slot slot) {
            this.slot = slot;
        }
    }

    private record Led(Slot slot, ReplicaGroup.Look look) {}

    private final NodeId self;
    private final Collection<Slot> replicas;
    private final Liveness liveness;
    private final long deadlineNanos;
    private final Map<NodeId, Integer> given = new TreeMap<>();

    HandOff(NodeId self, Collection<Slot> replicas, Liveness liveness, Duration patience) {
        this.self = self;
        this.replicas = replicas;
        this.liveness = liveness;
        this.deadlineNanos = System.nanoTime() + patience.toNanos();
    }

    /**
     * Blocks until all is handed over, nobody is left who could take the rest, or time is up; how many ranges are still led here. However little time there is,
     * some are asked for.
     */
    int run() {
        List<Led> led = led(replicas);
        int pass = 0;
        while (!led.isEmpty() && pass < PASSES_MAX && (pass == 0 || !isOver())) {
            handOver(led);
            led = led(replicas);
            pass++;
        }
        return led.size();
    }

    private void handOver(List<Led> led) {
        ArrayDeque<Leaving> waiting = new ArrayDeque<>();
        led.forEach(each -> waiting.add(new Leaving(each.slot())));
        List<Leaving> underWay = new ArrayList<>();
        do {
            while (underWay.size() < AT_ONCE_MAX && !waiting.isEmpty()) {
                underWay.add(waiting.poll());
            }
            if (underWay.isEmpty()) {
                return;
            }
            Map<Slot, ReplicaGroup.Look> still = new HashMap<>();
            led(underWay.stream().map(leaving -> leaving.slot).toList())
                    .forEach(each -> still.put(each.slot(), each.look()));
            underWay.removeIf(leaving -> !goesOn(leaving, still.get(leaving.slot)));
            LockSupport.parkNanos(LOOK_NANOS);
        } while (!isOver());
    }

    /** @param look how its group stands; null if it is not led here any more. */
    private boolean goesOn(Leaving leaving, ReplicaGroup.@Nullable Look look) {
        if (look == null) {
            return false;
        }
        long now = System.nanoTime();
        if (leaving.tries > 0 && now - leaving.toldNanos < TAKE_OVER_NANOS_MAX) {
            return true;
        }
        if (leaving.tries == TRIES_MAX) {
            return false;
        }
        leaving.tries++;
        leaving.toldNanos = now;
        heir(leaving.slot, look).ifPresent(heir -> {
            given.merge(heir.node(), 1, Integer::sum);
            leaving.slot.tell(new ReplicaActor.Raise(new RaftEvent.TransferLeadership(heir.replicaId())));
        });
        return true;
    }

    /** Of those who could serve at once, the one that got least. */
    private Optional<ReplicaInfo> heir(Slot slot, ReplicaGroup.Look look) {
        LivenessView view = liveness.view();
        ReplicaInfo best = null;
        for (ReplicaInfo replica : slot.descriptor().replicas()) {
            boolean fit = !replica.node().equals(self)
                    && replica.mayLead()
                    && replica.staysVoter()
                    && look.caughtUp().contains(replica.replicaId())
                    && isThere(view, replica.node());
            if (fit && (best == null || given(replica) < given(best))) {
                best = replica;
            }
        }
        return Optional.ofNullable(best);
    }

    private int given(ReplicaInfo replica) {
        return given.getOrDefault(replica.node(), 0);
    }

    private static boolean isThere(LivenessView view, NodeId node) {
        return view.givenTo(node.value()) != Support.NO_EPOCH
                && view.receivedEpoch(node.value(), LivenessService.nowMicros()) != Support.NO_EPOCH;
    }

    /** Those of them that are led here. One that does not answer in time is taken for one that is not. */
    private static List<Led> led(Collection<Slot> asked) {
        List<Slot> slots = List.copyOf(asked);
        List<Led> led = new ArrayList<>();
        CountDownLatch open = new CountDownLatch(slots.size());
        for (Slot slot : slots) {
            Looks.look(slot, look -> {
                synchronized (led) {
                    look.ifPresent(group -> led.add(new Led(slot, group)));
                }
                open.countDown();
            });
        }
        try {
            open.await(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        synchronized (led) {
            return List.copyOf(led);
        }
    }

    private boolean isOver() {
        return System.nanoTime() - deadlineNanos >= 0 || Thread.currentThread().isInterrupted();
    }
}
