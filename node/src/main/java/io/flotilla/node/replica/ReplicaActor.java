package io.flotilla.node.replica;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Gives a {@link Replica} its turns. Whatever waits in the mailbox when a turn begins is handled as one group: each message is only noted, and the
 * first one also queues the turn behind all that are already there.
 */
final class ReplicaActor extends AbstractBehavior<ReplicaActor.Command> {
    /** What a replica actor receives. */
    sealed interface Command {}

    record Serve(RangeRequest request, Consumer<RangeReply> reply) implements Command {}

    record Deliver(RaftMessage message) implements Command {}

    record Persisted(long number) implements Command {}

    record Raise(RaftEvent event) implements Command {}

    record Resolved(TxnMeta holder, TxnStatus status, Timestamp timestamp) implements Command {}

    record SnapshotArrived(StagedSnapshot snapshot) implements Command {}

    record SnapshotInstalled(StagedSnapshot snapshot) implements Command {}

    /** There is room to send a snapshot to that replica now. */
    record SnapshotTurn(int toReplica) implements Command {}

    record Flushed(long index, Replica.LogCompaction compaction) implements Command {}

    record Inspect(Consumer<ReplicaReport> reply) implements Command {}

    /** The replica was removed from its range: it takes no more turns. {@code stopped} runs when nothing of it is at work any more. */
    record Retire(Runnable stopped) implements Command {}

    /** Nothing is left of a retired replica. */
    enum Rest implements Command {
        INSTANCE
    }

    /** Raft's clock. */
    enum Tick implements Command {
        INSTANCE
    }

    /** Requests wait for each other: their pushes and deadlines are due more often than Raft's clock ticks. */
    private enum LookAfterWaiting implements Command {
        INSTANCE
    }

    /** The group is complete: take the turn. */
    private enum Turn implements Command {
        INSTANCE
    }

    private static final Duration WAITING_TICK = Duration.ofMillis(5);

    private final Replica replica;
    private final Executor timers;
    private final Consumer<Throwable> onFailure;
    private boolean turnQueued;
    private boolean waitingTickDue;

    /**
     * @param timers runs what timers start; a turn runs on the thread that tells the actor something, and must not run on the timers' own
     * @param onFailure told if a turn throws; the replica is stopped then
     */
    static Behavior<Command> create(
            Function<ActorContext<Command>, Replica> replica, Executor timers, Consumer<Throwable> onFailure) {
        return Behaviors.setup(context -> {
            try {
                return new ReplicaActor(context, replica.apply(context), timers, onFailure);
            } catch (RuntimeException | Error failure) {
                onFailure.accept(failure);
                return Behaviors.stopped();
            }
        });
    }

    private ReplicaActor(
            ActorContext<Command> context, Replica replica, Executor timers, Consumer<Throwable> onFailure) {
        super(context);
        this.replica = replica;
        this.timers = timers;
        this.onFailure = onFailure;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Turn.class, turn -> onTurn())
                .onMessage(Serve.class, this::onServe)
                .onMessage(Deliver.class, this::onDeliver)
                .onMessage(Persisted.class, this::onPersisted)
                .onMessage(Tick.class, tick -> onTick())
                .onMessage(LookAfterWaiting.class, tick -> onLookAfterWaiting())
                .onMessage(Raise.class, this::onRaise)
                .onMessage(Resolved.class, this::onResolved)
                .onMessage(SnapshotArrived.class, this::onSnapshotArrived)
                .onMessage(SnapshotInstalled.class, this::onSnapshotInstalled)
                .onMessage(SnapshotTurn.class, this::onSnapshotTurn)
                .onMessage(Flushed.class, this::onFlushed)
                .onMessage(Inspect.class, this::onInspect)
                .onMessage(Retire.class, this::onRetire)
                .build();
    }

    private Behavior<Command> onRetire(Retire retire) {
        replica.abandon();
        retire.stopped().run();
        return Behaviors.receive(Command.class)
                .onMessage(Serve.class, ReplicaActor::turnAway)
                .onMessage(Rest.class, rest -> Behaviors.stopped())
                .onAnyMessage(late -> Behaviors.same())
                .build();
    }

    private static Behavior<Command> turnAway(Serve serve) {
        serve.reply().accept(new RangeReply.RangeUnknown());
        return Behaviors.same();
    }

    private Behavior<Command> onServe(Serve serve) {
        replica.serve(serve.request(), serve.reply());
        return queueTurn();
    }

    private Behavior<Command> onDeliver(Deliver deliver) {
        replica.receive(deliver.message());
        return queueTurn();
    }

    private Behavior<Command> onPersisted(Persisted persisted) {
        replica.persisted(persisted.number());
        return queueTurn();
    }

    private Behavior<Command> onTick() {
        replica.tick();
        return queueTurn();
    }

    private Behavior<Command> onLookAfterWaiting() {
        waitingTickDue = false;
        return guarded(() -> {
            replica.lookAfterWaiting();
            queueTurn();
        });
    }

    private Behavior<Command> onRaise(Raise raise) {
        replica.event(raise.event());
        return queueTurn();
    }

    private Behavior<Command> onResolved(Resolved resolved) {
        return guarded(() -> {
            replica.resolved(resolved.holder(), resolved.status(), resolved.timestamp());
            queueTurn();
        });
    }

    private Behavior<Command> onSnapshotArrived(SnapshotArrived arrived) {
        replica.snapshotArrived(arrived.snapshot());
        return queueTurn();
    }

    private Behavior<Command> onSnapshotInstalled(SnapshotInstalled installed) {
        replica.snapshotInstalled(installed.snapshot());
        return queueTurn();
    }

    private Behavior<Command> onSnapshotTurn(SnapshotTurn turn) {
        return guarded(() -> replica.snapshotTurn(turn.toReplica()));
    }

    private Behavior<Command> onFlushed(Flushed flushed) {
        return guarded(() -> replica.flushed(flushed.index(), flushed.compaction()));
    }

    private Behavior<Command> onInspect(Inspect inspect) {
        inspect.reply()
                .accept(new ReplicaReport(
                        replica.descriptor(),
                        replica.status(),
                        replica.isLeaseholder(),
                        replica.applied().index()));
        return this;
    }

    private Behavior<Command> queueTurn() {
        if (!turnQueued) {
            turnQueued = true;
            getContext().getSelf().tell(Turn.INSTANCE);
        }
        return this;
    }

    private Behavior<Command> onTurn() {
        turnQueued = false;
        return guarded(() -> {
            replica.run();
            watchWaiting();
        });
    }

    private void watchWaiting() {
        if (waitingTickDue || replica.waiting() == 0) {
            return;
        }
        waitingTickDue = true;
        ActorRef<Command> self = getContext().getSelf();
        getContext()
                .getSystem()
                .scheduler()
                .scheduleOnce(
                        WAITING_TICK,
                        () -> timers.execute(() -> self.tell(LookAfterWaiting.INSTANCE)),
                        getContext().getSystem().executionContext());
    }

    /** A broken invariant or disk stops this replica, and nobody waits for it in vain. */
    private Behavior<Command> guarded(Runnable work) {
        try {
            work.run();
            return this;
        } catch (RuntimeException | Error failure) {
            onFailure.accept(failure);
            replica.abandon();
            return Behaviors.stopped();
        }
    }
}
