package io.flotilla.range.lifecycle;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.time.Timestamp;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.ReplicaInfo;
import io.flotilla.range.routing.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Changes which nodes have replicas of a range. Each round reads the descriptor from the meta range and does the one step that {@link ReplicaPlan} names:
 * a transaction that writes the next descriptor, on condition that the last one is unchanged, with a {@link ReplicaChangeTrigger} for the range itself.
 * Before a learner votes it is waited for; before a joint configuration is left, a leaseholder that must go hands over. A learner is brought only to a node
 * whose row in the registry allows it, and that row is read by the transaction that brings it: one that is being emptied gets nothing behind the back of
 * whoever marked it, however old the copy of the registry is that a driver goes by.
 *
 * <p>Nothing is remembered between rounds, so a driver may die anywhere: the same wish, asked again anywhere, goes on from what is there. Two drivers
 * on one range take turns; each finishes what the other began to change in the voters, and loses a race only to go on from what the winner made.
 *
 * <p>Threading: {@link #change} from any thread; the steps run in the ports' callbacks, one at a time for each change.
 */
public final class ReplicaChangeMachine {
    private static final long PAUSE_MICROS_MIN = 20_000;
    private static final long PAUSE_MICROS_MAX = 500_000;

    /** One transaction, or handing over once; what is stuck longer is looked at again. */
    private static final long STEP_MICROS_MAX = 5_000_000;

    private static final long ROW_BYTES_MAX = 64 * 1024;

    private final KvSender sender;
    private final TransactionPort transactions;
    private final ReplicaGroup group;
    private final Newcomers newcomers;
    private final Scheduler scheduler;

    public ReplicaChangeMachine(
            KvSender sender,
            TransactionPort transactions,
            ReplicaGroup group,
            Newcomers newcomers,
            Scheduler scheduler) {
        this.sender = sender;
        this.transactions = transactions;
        this.group = group;
        this.newcomers = newcomers;
        this.scheduler = scheduler;
    }

    /**
     * Brings a range's replicas to what is wished.
     *
     * @param known the range; its replicas may be out of date
     * @param callback called exactly once
     */
    public void change(
            RangeDescriptor known, ReplicaChange wish, long timeoutMicros, Consumer<ReplicaChangeResult> callback) {
        new Run(known, wish, scheduler.nowMicros() + timeoutMicros, callback).round();
    }

    /** One change under way. */
    private final class Run {
        private final ReplicaChange wish;

        /** Who gets a replica; {@link NodeId#NONE} if nobody does. */
        private final NodeId target;

        private final long deadlineMicros;
        private final Consumer<ReplicaChangeResult> callback;
        private RangeDescriptor range;
        private Value bytes = Value.EMPTY;
        private @Nullable Value targetRow;
        private Timestamp readAt = Timestamp.ZERO;
        private long pauseMicros = PAUSE_MICROS_MIN;
        private boolean changed;
        private String waitsFor = "the meta range";

        /** What the step that is waited for met; null if it only waits. */
        private @Nullable KvError lastError;

        private int handOvers;

        /** The learner that this run has brought in, or tried to. */
        private @Nullable ReplicaInfo ownLearner;

        /** The descriptor was read at least once. */
        private boolean seen;

        private Run(
                RangeDescriptor known,
                ReplicaChange wish,
                long deadlineMicros,
                Consumer<ReplicaChangeResult> callback) {
            this.range = known;
            this.wish = wish;
            this.target = wish instanceof ReplicaChange.Add add
                    ? add.node()
                    : wish instanceof ReplicaChange.Move move ? move.to() : NodeId.NONE;
            this.deadlineMicros = deadlineMicros;
            this.callback = callback;
        }

        /** The range as it is now. */
        private void round() {
            Key start = range.span().start();
            // The row of a range that ends where this one starts comes first, if there is one.
            KvOp scan = new KvOp.Scan(new Span(KeySpace.meta(start), KeySpace.METAS.end()), 2, ROW_BYTES_MAX);
            List<KvOp> ops =
                    target.isKnown() ? List.of(scan, new KvOp.Get(KeySpace.node(target.value()))) : List.of(scan);
            sender.send(new KvBatch(KvHeader.standalone(stepMicros()), ops), reply -> {
                if (reply instanceof KvReply.Refused refused) {
                    unread(refused.error());
                    return;
                }
                KvReply.Done done = (KvReply.Done) reply;
                readAt = done.timestamp();
                targetRow = target.isKnown() ? ((KvResult.Got) done.results().get(1)).value() : null;
                try {
                    found(((KvResult.Scanned) done.results().get(0)).rows());
                } catch (IllegalArgumentException e) {
                    fail(new KvError.Internal("the meta range holds no descriptor: " + e.getMessage(), false));
                }
            });
        }

        private void unread(KvError error) {
            if (seen && error instanceof KvError.DeadlineExceeded && scheduler.nowMicros() >= deadlineMicros) {
                // There was no time to look once more; what was waited for before says more.
                callback.accept(unfinished());
            } else {
                waitsFor = "the meta range";
                again(error);
            }
        }

        private void found(List<KvResult.Row> rows) {
            for (KvResult.Row row : rows) {
                RangeDescriptor descriptor =
                        RangeDescriptorCodec.decode(row.value().bytes());
                if (descriptor.id().equals(range.id())) {
                    range = descriptor;
                    bytes = row.value();
                    seen = true;
                    step();
                    return;
                }
            }
            callback.accept(new ReplicaChangeResult.Refused("there is no " + range.id() + " any more", true));
        }

        private void step() {
            ReplicaPlan.Step step = ReplicaPlan.next(range, wish);
            if (step instanceof ReplicaPlan.Done) {
                callback.accept(new ReplicaChangeResult.Done(range, changed));
            } else if (step instanceof ReplicaPlan.Impossible impossible) {
                refuse(new ReplicaChangeResult.Refused(impossible.why(), impossible.absent()));
            } else if (scheduler.nowMicros() >= deadlineMicros) {
                callback.accept(unfinished());
            } else if (step instanceof ReplicaPlan.Change change) {
                changeLearners(change);
            } else if (step instanceof ReplicaPlan.Join join) {
                join(join);
            } else if (step instanceof ReplicaPlan.Leave leave) {
                leave(leave);
            }
        }

        private void changeLearners(ReplicaPlan.Change change) {
            waitsFor = "the change of a learner";
            RangeDescriptor next = range.with(change.replicas(), change.nextReplicaId());
            if (next.nextReplicaId() == range.nextReplicaId()) {
                commit(next, TransactionPort.Seen.NOTHING);
                return;
            }
            Optional<ReplicaChangeResult.Refused> objection = newcomers.objection(target, targetRow);
            if (objection.isPresent()) {
                refuse(objection.get());
                return;
            }
            ownLearner = next.replica(range.nextReplicaId()).orElseThrow();
            commit(next, new TransactionPort.Seen(readAt, List.of(Span.of(KeySpace.node(target.value())))));
        }

        /** A replica that votes before it is caught up can stop the group. */
        private void join(ReplicaPlan.Join join) {
            group.look(range, look -> {
                List<ReplicaInfo> behind = new ArrayList<>();
                for (ReplicaInfo replica : join.replicas()) {
                    boolean there = look.isPresent() && look.get().caughtUp().contains(replica.replicaId());
                    if (replica.kind() == ReplicaInfo.Kind.INCOMING && !there) {
                        behind.add(replica);
                    }
                }
                if (look.isEmpty()) {
                    waitsFor = range.id() + " has no leaseholder";
                    again(null);
                } else if (behind.isEmpty()) {
                    waitsFor = "the change of voters";
                    commit(range.with(join.replicas(), range.nextReplicaId()), TransactionPort.Seen.NOTHING);
                } else {
                    waitsFor = "the copy on " + behind.get(0).node() + " to be caught up";
                    again(null);
                }
            });
        }

        /** A leader cannot leave the group it leads (thesis §4.2.2 would have it commit an entry that it has no vote for). */
        private void leave(ReplicaPlan.Leave leave) {
            group.look(range, look -> {
                if (look.isEmpty()) {
                    waitsFor = range.id() + " has no leaseholder";
                    again(null);
                    return;
                }
                Optional<ReplicaInfo> leader = range.replicaOn(look.get().leaseholder());
                if (leader.isPresent() && !leader.get().staysVoter()) {
                    handOver(leader.get(), look.get());
                } else {
                    waitsFor = "the end of the change of voters";
                    commit(range.with(leave.replicas(), range.nextReplicaId()), TransactionPort.Seen.NOTHING);
                }
            });
        }

        private void handOver(ReplicaInfo leader, ReplicaGroup.Look look) {
            List<NodeId> heirs = new ArrayList<>();
            for (ReplicaInfo replica : range.replicas()) {
                if (replica.staysVoter() && replica.mayLead() && look.caughtUp().contains(replica.replicaId())) {
                    heirs.add(replica.node());
                }
            }
            waitsFor = leader.node() + " to hand its lease over";
            if (heirs.isEmpty()) {
                again(null);
                return;
            }
            NodeId heir = heirs.get(handOvers++ % heirs.size());
            group.handOver(range, heir, stepMicros(), error -> {
                if (error == null) {
                    round();
                } else {
                    again(error);
                }
            });
        }

        private void commit(RangeDescriptor next, TransactionPort.Seen seen) {
            commit(next, seen, stepMicros(), error -> {
                if (error == null) {
                    changed = true;
                    pauseMicros = PAUSE_MICROS_MIN;
                    lastError = null;
                    round();
                } else {
                    // Also if it is not known what became of it: the next round sees.
                    changed |= !error.provenNotExecuted();
                    again(error);
                }
            });
        }

        private void commit(
                RangeDescriptor next,
                TransactionPort.Seen seen,
                long timeoutMicros,
                Consumer<@Nullable KvError> callback) {
            KvOp.DataWrite write = new KvOp.CompareAndSet(
                    KeySpace.meta(range.span().end()), bytes, Value.wrap(RangeDescriptorCodec.encode(next)));
            Value trigger = Value.wrap(new ReplicaChangeTrigger(next).encode());
            transactions.commit(anchor(), List.of(write), seen, trigger, timeoutMicros, callback);
        }

        /** A key of the range: its start, which is a key unless it is the start of everything. */
        private Key anchor() {
            Key start = range.span().start();
            return start.equals(Key.MIN) ? start.next() : start;
        }

        private void again(@Nullable KvError error) {
            lastError = error;
            if (error instanceof KvError.TooLarge || error instanceof KvError.Internal) {
                fail(error);
            } else if (scheduler.nowMicros() >= deadlineMicros) {
                callback.accept(unfinished());
            } else {
                long pause = Math.min(pauseMicros, deadlineMicros - scheduler.nowMicros());
                pauseMicros = Math.min(2 * pauseMicros, PAUSE_MICROS_MAX);
                scheduler.schedule(pause, this::round);
            }
        }

        private ReplicaChangeResult unfinished() {
            KvError error = lastError;
            if (!seen && error != null) {
                return new ReplicaChangeResult.Failed(error);
            }
            return new ReplicaChangeResult.Unfinished(
                    range, error == null ? waitsFor : waitsFor + " (" + error.message() + ")");
        }

        private void fail(KvError error) {
            callback.accept(new ReplicaChangeResult.Failed(error));
        }

        /** What this run brought in for a wish that turned out vain is taken out again. Its id alone may be that of another driver's, who won a race. */
        private void refuse(ReplicaChangeResult refused) {
            ReplicaInfo own = ownLearner;
            Optional<ReplicaPlan.Change> undo = Optional.ofNullable(own)
                    .filter(range.replicas()::contains)
                    .flatMap(learner -> ReplicaPlan.undo(range, learner.replicaId()));
            if (undo.isEmpty()) {
                callback.accept(refused);
                return;
            }
            ownLearner = null;
            commit(
                    range.with(undo.get().replicas(), range.nextReplicaId()),
                    TransactionPort.Seen.NOTHING,
                    STEP_MICROS_MAX,
                    ignored -> callback.accept(refused));
        }

        private long stepMicros() {
            return Math.max(1, Math.min(STEP_MICROS_MAX, deadlineMicros - scheduler.nowMicros()));
        }
    }
}
