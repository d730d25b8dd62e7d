package io.flotilla.node.replica;

import io.flotilla.node.admin.LabAdmin;
import io.flotilla.node.admin.Rebuilding;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeMachine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.Router;
import java.util.TreeMap;

/** Looks after a {@link TxnProcess}'s store as {@code Housekeeping} does, in less time, and as {@link Rebuilding} does. */
final class TxnKeeper {
    private static final long PASS_MICROS = 1_000_000;
    private static final long SETTLE_TIMEOUT_MICROS = 10_000_000;

    private final TxnProcess process;
    private final Router router;
    private final ReplicaChangeMachine changes;
    private final Rebuilding rebuilding;

    /** Generations of joint descriptors seen in the last pass. */
    private TreeMap<RangeId, Long> joint = new TreeMap<>();

    TxnKeeper(TxnProcess process, Router router, ReplicaChangeMachine changes) {
        this.process = process;
        this.router = router;
        this.changes = changes;
        TxnStore store = process.store;
        this.rebuilding = new Rebuilding(
                process.node.id,
                store.lost,
                range -> store.replicas.find(range) != null,
                router,
                changes,
                () -> true,
                () -> false);
    }

    void start() {
        process.every(PASS_MICROS, this::pass);
    }

    private void pass() {
        settle();
        rebuilding.pass();
        LabAdmin.ranges(router, ranges -> ranges.forEach(process.store::compare));
    }

    private void settle() {
        TreeMap<RangeId, Long> before = joint;
        joint = new TreeMap<>();
        for (RangeDescriptor range : process.store.descriptors()) {
            if (range.isJoint()) {
                joint.put(range.id(), range.generation());
                if (Long.valueOf(range.generation()).equals(before.get(range.id()))) {
                    process.store.look(range.id(), look -> look.ifPresent(led -> finish(range)));
                }
            }
        }
    }

    private void finish(RangeDescriptor range) {
        changes.change(range, new ReplicaChange.Settle(), SETTLE_TIMEOUT_MICROS, result -> {});
    }
}
