package io.flotilla.range.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.VirtualScheduler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A meta range and one range's group, which refuse what real ones refuse. Every answer takes a random while. */
final class FakeGroup implements ReplicaGroup {
    final VirtualScheduler scheduler;
    final TreeMap<Key, Value> meta = new TreeMap<>();

    /** Every descriptor the range ever had, the first included. */
    final List<RangeDescriptor> history = new ArrayList<>();

    final List<NodeId> leases = new ArrayList<>();
    final TreeSet<Integer> behind = new TreeSet<>();

    /** What happens just before the next commits. */
    final Deque<Runnable> before = new ArrayDeque<>();

    /** Errors told for the next commits, after they took effect. */
    final Deque<KvError> lies = new ArrayDeque<>();

    /** Rows of nodes that are being emptied, and when each was written. */
    private final TreeMap<Key, Timestamp> leaving = new TreeMap<>();

    final Random random;

    /** Calls that may still be answered; the driver dies with the next. */
    long answers = Long.MAX_VALUE;

    long catchUpMicros = 200_000;
    boolean leaderless;

    /** From then on nobody answers whoever reads the meta range. */
    long unreadableMicros = Long.MAX_VALUE;

    NodeId leaseholder;

    FakeGroup(VirtualScheduler scheduler, RangeDescriptor range, long seed) {
        this.scheduler = scheduler;
        this.random = new Random(seed);
        this.leaseholder = range.replicas().get(0).node();
        history.add(range);
        put(range);
    }

    RangeDescriptor now() {
        return history.get(history.size() - 1);
    }

    ReplicaChangeMachine machine() {
        return new ReplicaChangeMachine(this::read, this::commit, this, FakeGroup::objection, scheduler);
    }

    private static Optional<ReplicaChangeResult.Refused> objection(NodeId node, @Nullable Value row) {
        return row == null ? Optional.empty() : Optional.of(new ReplicaChangeResult.Refused(node + " leaves", false));
    }

    /** Somebody begins to empty that node. */
    void leaves(NodeId node) {
        leaving.put(KeySpace.node(node.value()), new Timestamp(scheduler.nowMicros() + 1));
        meta.put(KeySpace.node(node.value()), Value.of("leaving"));
    }

    void put(RangeDescriptor range) {
        meta.put(KeySpace.meta(range.span().end()), Value.wrap(RangeDescriptorCodec.encode(range)));
    }

    /** Somebody else's change. */
    void became(RangeDescriptor next) {
        assertThat(ReplicaSets.objection(now(), next)).isEmpty();
        history.add(next);
        put(next);
    }

    private void answer(Runnable answer) {
        if (answers-- > 0) {
            scheduler.schedule(1 + random.nextInt(5_000), answer);
        }
    }

    private void read(KvBatch batch, Consumer<KvReply> callback) {
        if (scheduler.nowMicros() >= unreadableMicros) {
            KvReply late = new KvReply.Refused(new KvError.DeadlineExceeded("ROUTE", false));
            scheduler.schedule(batch.header().timeoutMicros(), () -> callback.accept(late));
            return;
        }
        KvOp.Scan scan = (KvOp.Scan) batch.ops().get(0);
        List<KvResult.Row> rows = new ArrayList<>();
        for (Map.Entry<Key, Value> entry :
                meta.subMap(scan.span().start(), scan.span().end()).entrySet()) {
            if (rows.size() < scan.rowsMax()) {
                rows.add(new KvResult.Row(entry.getKey(), entry.getValue()));
            }
        }
        List<KvResult> results = new ArrayList<>(List.of(new KvResult.Scanned(rows, null)));
        if (batch.ops().size() > 1) {
            results.add(new KvResult.Got(meta.get(batch.ops().get(1).key()), Timestamp.ZERO));
        }
        KvReply.Done done = new KvReply.Done(results, new Timestamp(scheduler.nowMicros()), List.of());
        answer(() -> callback.accept(done));
    }

    private void commit(
            Key anchor,
            List<KvOp.DataWrite> writes,
            TransactionPort.Seen seen,
            Value trigger,
            long timeoutMicros,
            Consumer<@Nullable KvError> callback) {
        if (!before.isEmpty()) {
            before.poll().run();
        }
        KvOp.CompareAndSet cas = (KvOp.CompareAndSet) writes.get(0);
        assertThat(writes).hasSize(1);
        assertThat(now().span().contains(anchor)).isTrue();
        Value actual = meta.get(cas.key());
        if (!Objects.equals(actual, cas.expected())) {
            answer(() -> callback.accept(new KvError.ConditionFailed(cas.key(), actual)));
            return;
        }
        for (Span span : seen.spans()) {
            for (Map.Entry<Key, Timestamp> row : leaving.entrySet()) {
                if (span.contains(row.getKey()) && row.getValue().isAfter(seen.at())) {
                    answer(() -> callback.accept(new KvError.RefreshFailed(row.getKey())));
                    return;
                }
            }
        }
        RangeDescriptor next = ((ReplicaChangeTrigger) CommitTrigger.decode(trigger.bytes())).descriptor();
        assertThat(cas.value()).isEqualTo(Value.wrap(RangeDescriptorCodec.encode(next)));
        Optional<String> objection = objection(next);
        if (objection.isPresent()) {
            answer(() -> callback.accept(new KvError.Invalid(objection.get())));
            return;
        }
        catchUp(next);
        history.add(next);
        put(next);
        KvError lie = lies.poll();
        answer(() -> callback.accept(lie));
    }

    /** What the leaseholder's replica and consensus object to. */
    private Optional<String> objection(RangeDescriptor next) {
        Optional<String> objection = ReplicaSets.objection(now(), next);
        if (objection.isPresent()) {
            return objection;
        }
        for (ReplicaInfo replica : next.replicas()) {
            if (replica.kind() == ReplicaInfo.Kind.INCOMING && behind.contains(replica.replicaId())) {
                return Optional.of("not caught up: " + replica);
            }
        }
        Optional<ReplicaInfo> leader = next.replicaOn(leaseholder);
        return leader.isEmpty() ? Optional.of("the leader would leave its own group") : Optional.empty();
    }

    private void catchUp(RangeDescriptor next) {
        for (ReplicaInfo replica : next.replicas()) {
            if (now().replica(replica.replicaId()).isEmpty()) {
                behind.add(replica.replicaId());
                scheduler.schedule(catchUpMicros, () -> behind.remove(replica.replicaId()));
            }
        }
    }

    @Override
    public void look(RangeDescriptor range, Consumer<Optional<Look>> callback) {
        List<Integer> caughtUp = new ArrayList<>();
        for (ReplicaInfo replica : now().replicas()) {
            if (!behind.contains(replica.replicaId())) {
                caughtUp.add(replica.replicaId());
            }
        }
        Optional<Look> look = leaderless ? Optional.empty() : Optional.of(new Look(leaseholder, caughtUp));
        answer(() -> callback.accept(look));
    }

    @Override
    public void handOver(RangeDescriptor range, NodeId to, long timeoutMicros, Consumer<@Nullable KvError> callback) {
        Optional<ReplicaInfo> heir = now().replicaOn(to);
        if (heir.isEmpty()
                || !heir.get().mayLead()
                || behind.contains(heir.get().replicaId())) {
            answer(() -> callback.accept(new KvError.DeadlineExceeded("LEASE_TRANSFER", true)));
            return;
        }
        leaseholder = to;
        leases.add(to);
        answer(() -> callback.accept(null));
    }
}
