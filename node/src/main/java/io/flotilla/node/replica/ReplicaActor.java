package io.flotilla.node.replica;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.Signal;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.snapshot.StagedSnapshot;
import io.flotilla.node.transport.ChecksumNote;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Gives a {@link Replica} its turns. Whatever waits in the mailbox when a turn begins is handled as one group: each message is only noted, and the
 * first one also queues the turn behind all that are already there.
 */
final class ReplicaActor extends AbstractBehavior<ReplicaActor.Command> {
    /** What a replica actor receives. */
    sealed interface Command {}

    record Serve(RangeRequest request, Consumer<RangeReply> reply) implements Command {}

    /** @param from the node that speaks: this replica's descriptor may be too old to name it */
    record Deliver(NodeId from, RaftMessage message) implements Command {}

    record Persisted(long number) implements Command {}

    record Raise(RaftEvent event) implements Command {}

    record Resolved(TxnMeta holder, TxnStatus status, Timestamp timestamp) implements Command {}

    record SnapshotArrived(StagedSnapshot snapshot) implements Command {}

    record SnapshotInstalled(StagedSnapshot snapshot) implements Command {}

    /** There is room to send a snapshot to that replica now. */
    record SnapshotTurn(int toReplica) implements Command {}

    record Flushed(long index, long inTheWay, LogCompaction compaction) implements Command {}

    record Inspect(Consumer<ReplicaReport> reply) implements Command {}

    /** Another replica says what its state added up to. */
    record Heard(ChecksumNote note) implements Command {}

    /** What in this replica's checksum is foreign. */
    record Counted(Mutation.Check found) implements Command {}

    /** Old versions of this range were found. */
    record TakeAway(Sweeping.Wish wish) implements Command {}

    /** How does the group stand? Empty unless this replica holds the lease. */
    record Look(Consumer<Optional<ReplicaGroup.Look>> reply) implements Command {}

    /** The replica was removed from its range: it takes no more turns. {@code stopped} runs when nothing of it is at work any more. */
    record Retire(Runnable stopped) implements Command {}

    /** Nothing is left of a retired replica. */
    enum Rest implements Command {
        INSTANCE
    }

    /** Raft's clock; or, for one that rests, what it waited for has changed. */
    enum Tick implements Command {
        INSTANCE
    }

    /** It has rested for long: if it still does, it goes, and leaves what is needed to come back. */
    enum FallAsleep implements Command {
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
    private final Door door;
    private final Executor timers;
    private boolean turnQueued;
    private boolean waitingTickDue;

    /** This turn is one in which the replica may come to rest. */
    private boolean ticked;

    private boolean resting;

    /** Of what came through the door. */
    private long heard;

    /** What a replica's actor has to do with the one door to it. */
    interface Door {
        /** It wants ticks. */
        void awake();

        /** It wants none until what it waits for changes. */
        void rests(Slot.Rest waitsFor);

        /** Its last word, if nothing was told but {@code heard} messages; else it stays. */
        boolean fallAsleep(long heard, Dormant kept);

        /** A turn threw; the replica is stopped. */
        void failed(Throwable failure);
    }

    /**
     * @param timers runs what timers start; a turn runs on the thread that tells the actor something, and must not run on the timers' own
     */
    static Behavior<Command> create(Supplier<Replica> replica, Door door, Executor timers) {
        return Behaviors.setup(context -> {
            try {
                return new ReplicaActor(context, replica.get(), door, timers);
            } catch (RuntimeException | Error failure) {
                door.failed(failure);
                context.getSelf().tell(Rest.INSTANCE);
                return Behaviors.receiveMessage(ReplicaActor::turnAwayUntilRest);
            }
        });
    }

    private static Behavior<Command> turnAwayUntilRest(Command command) {
        turnAway(command);
        return command == Rest.INSTANCE ? Behaviors.stopped() : Behaviors.same();
    }

    private ReplicaActor(ActorContext<Command> context, Replica replica, Door door, Executor timers) {
        super(context);
        this.replica = replica;
        this.door = door;
        this.timers = timers;
        door.awake();
    }

    /** By hand: Akka's builder of such things would make two dozen functions for each replica that wakes. */
    @Override
    public Receive<Command> createReceive() {
        return new Receive<>() {
            @Override
            public Behavior<Command> receiveMessage(Command command) {
                return onCommand(command);
            }

            @Override
            public Behavior<Command> receiveSignal(Signal signal) {
                return Behaviors.unhandled();
            }
        };
    }

    private Behavior<Command> onCommand(Command command) {
        if (command == Turn.INSTANCE) {
            return onTurn();
        }
        if (command == LookAfterWaiting.INSTANCE) {
            return onLookAfterWaiting();
        }
        // What came through the door is counted, so that none of it is lost when the replica falls asleep.
        heard++;
        if (command instanceof Deliver deliver) {
            return onDeliver(deliver);
        } else if (command instanceof Persisted persisted) {
            return onPersisted(persisted);
        } else if (command instanceof Serve serve) {
            return onServe(serve);
        } else if (command instanceof Tick) {
            return onTick();
        } else if (command instanceof Resolved resolved) {
            return onResolved(resolved);
        } else if (command instanceof FallAsleep) {
            return onFallAsleep();
        } else if (command instanceof Flushed flushed) {
            return onFlushed(flushed);
        } else if (command instanceof Raise raise) {
            return onRaise(raise);
        } else if (command instanceof Inspect inspect) {
            return onInspect(inspect);
        } else if (command instanceof Look look) {
            return onLook(look);
        } else if (command instanceof TakeAway found) {
            return onTakeAway(found);
        } else if (command instanceof Heard said) {
            return onHeard(said);
        } else if (command instanceof Counted counted) {
            return onCounted(counted);
        } else if (command instanceof SnapshotArrived arrived) {
            return onSnapshotArrived(arrived);
        } else if (command instanceof SnapshotInstalled installed) {
            return onSnapshotInstalled(installed);
        } else if (command instanceof SnapshotTurn turn) {
            return onSnapshotTurn(turn);
        } else if (command instanceof Retire retire) {
            return onRetire(retire);
        }
        return Behaviors.unhandled();
    }

    private Behavior<Command> onTakeAway(TakeAway found) {
        return guarded(() -> {
            replica.takeAway(found.wish());
            queueTurn();
        });
    }

    private Behavior<Command> onLook(Look look) {
        return guarded(() -> {
            // Who was asleep learns in a turn that it leads still.
            replica.run();
            look.reply().accept(replica.look());
        });
    }

    private Behavior<Command> onHeard(Heard heard) {
        return guarded(() -> replica.checkup().heard(heard.note()));
    }

    private Behavior<Command> onCounted(Counted counted) {
        return guarded(() -> replica.checkup().counted(counted.found()));
    }

    private Behavior<Command> onRetire(Retire retire) {
        replica.abandon();
        retire.stopped().run();
        return turningAway();
    }

    private Behavior<Command> turningAway() {
        return Behaviors.receive(Command.class)
                .onMessage(Serve.class, ReplicaActor::turnAwayFrom)
                .onMessage(Look.class, ReplicaActor::lookAway)
                .onMessage(TakeAway.class, ReplicaActor::leaveThere)
                .onMessage(Inspect.class, this::onInspectAfterwards)
                .onMessage(Retire.class, ReplicaActor::retireAgain)
                .onMessage(Rest.class, rest -> Behaviors.stopped())
                .onAnyMessage(late -> Behaviors.same())
                .build();
    }

    /** Who asks all replicas waits for the answers of all, and for one to be destroyed may take long. */
    private Behavior<Command> onInspectAfterwards(Inspect inspect) {
        onInspect(inspect);
        return Behaviors.same();
    }

    /** One in quarantine is removed from its range. */
    private static Behavior<Command> retireAgain(Retire retire) {
        retire.stopped().run();
        return Behaviors.same();
    }

    private static Behavior<Command> lookAway(Look look) {
        look.reply().accept(Optional.empty());
        return Behaviors.same();
    }

    private static Behavior<Command> leaveThere(TakeAway found) {
        found.wish().done().accept(false);
        return Behaviors.same();
    }

    private static Behavior<Command> turnAwayFrom(Serve serve) {
        serve.reply().accept(new RangeReply.RangeUnknown());
        return Behaviors.same();
    }

    /** In the place of an actor: whoever asks something is turned away. */
    static void turnAway(Command command) {
        if (command instanceof Serve serve) {
            serve.reply().accept(new RangeReply.RangeUnknown());
        } else if (command instanceof Look look) {
            look.reply().accept(Optional.empty());
        } else if (command instanceof TakeAway found) {
            found.wish().done().accept(false);
        } else if (command instanceof Retire retire) {
            retire.stopped().run();
        }
    }

    private Behavior<Command> onServe(Serve serve) {
        replica.serve(serve.request(), serve.reply());
        return queueTurn();
    }

    private Behavior<Command> onDeliver(Deliver deliver) {
        replica.receive(deliver.from(), deliver.message());
        return queueTurn();
    }

    private Behavior<Command> onPersisted(Persisted persisted) {
        replica.persisted(persisted.number());
        return queueTurn();
    }

    private Behavior<Command> onTick() {
        replica.tick();
        ticked = true;
        return queueTurn();
    }

    private Behavior<Command> onFallAsleep() {
        // What was told before and is not handled yet has queued a turn.
        if (turnQueued || !resting || !replica.isQuiet()) {
            return this;
        }
        return door.fallAsleep(heard, replica.freeze()) ? Behaviors.stopped() : this;
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
        return guarded(() -> {
            replica.snapshotTurn(turn.toReplica());
            queueTurn();
        });
    }

    private Behavior<Command> onFlushed(Flushed flushed) {
        return guarded(() -> replica.flushed(flushed.index(), flushed.inTheWay(), flushed.compaction()));
    }

    private Behavior<Command> onInspect(Inspect inspect) {
        inspect.reply()
                .accept(new ReplicaReport(
                        replica.descriptor(),
                        replica.status(),
                        replica.isLeaseholder(),
                        replica.applied().index(),
                        replica.progress(),
                        false));
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
            watchRest();
        });
    }

    /** Looked at with ticks only: it is not for every message to reckon whether it was the last. */
    private void watchRest() {
        boolean rests = ticked && replica.isQuiet();
        ticked = false;
        if (rests) {
            resting = true;
            door.rests(replica.rest());
            // What it waits for may have changed before anybody could know that it waits for that.
            rests = replica.isQuiet();
        }
        if (!rests && resting) {
            resting = false;
            door.awake();
        }
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
            door.failed(failure);
            replica.abandon();
            // Behind what it was told meanwhile, which it answers.
            getContext().getSelf().tell(Rest.INSTANCE);
            return turningAway();
        }
    }
}
