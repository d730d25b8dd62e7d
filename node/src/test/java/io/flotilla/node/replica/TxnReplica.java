package io.flotilla.node.replica;

import java.util.ArrayDeque;
import java.util.function.Consumer;

/** A replica's turns in a {@link TxnWorld}: what {@link ReplicaActor} is in a server. */
final class TxnReplica implements Consumer<ReplicaActor.Command> {
    private static final long WAITING_TICK_MICROS = 5_000;

    private final TxnProcess process;
    private final Slot slot;
    private final Replica replica;
    private final ReplicaActor.Door door;
    private final ArrayDeque<ReplicaActor.Command> mailbox = new ArrayDeque<>();
    private long heard;
    private boolean turnQueued;
    private boolean waitingTickDue;
    private boolean ticked;
    private boolean resting;
    private boolean asleep;
    private boolean failed;

    /** It was removed from its range. */
    private boolean retired;

    TxnReplica(TxnProcess process, Slot slot, Replica replica, ReplicaActor.Door door) {
        this.process = process;
        this.slot = slot;
        this.replica = replica;
        this.door = door;
        door.awake();
    }

    @Override
    public void accept(ReplicaActor.Command command) {
        mailbox.add(command);
        queueTurn();
    }

    private void queueTurn() {
        if (!turnQueued) {
            turnQueued = true;
            process.after(0, this::turn);
        }
    }

    private void turn() {
        turnQueued = false;
        if (failed || asleep) {
            return;
        }
        try {
            boolean goes = false;
            boolean run = mailbox.isEmpty();
            while (!mailbox.isEmpty()) {
                ReplicaActor.Command command = mailbox.poll();
                heard++;
                boolean last = command instanceof ReplicaActor.FallAsleep;
                goes |= last;
                run |= !last;
                if (retired) {
                    ReplicaActor.turnAway(command);
                } else {
                    take(command);
                }
            }
            if (retired) {
                return;
            }
            if (run) {
                replica.run();
                watchWaiting();
                watchRest();
            } else if (goes && resting && replica.isQuiet()) {
                asleep = door.fallAsleep(heard, replica.freeze());
                if (asleep) {
                    process.world().saw(TxnSight.SLEEP);
                }
            }
        } catch (RuntimeException | Error failure) {
            failed = true;
            process.world().violated(process.node.id + ", replica of " + slot.descriptor(), failure);
        }
    }

    private void take(ReplicaActor.Command command) {
        if (command instanceof ReplicaActor.Serve serve) {
            replica.serve(serve.request(), serve.reply());
        } else if (command instanceof ReplicaActor.Deliver deliver) {
            replica.receive(deliver.from(), deliver.message());
        } else if (command instanceof ReplicaActor.Persisted persisted) {
            replica.persisted(persisted.number());
        } else if (command instanceof ReplicaActor.Tick) {
            replica.tick();
            ticked = true;
        } else if (command instanceof ReplicaActor.Raise raise) {
            replica.event(raise.event());
        } else if (command instanceof ReplicaActor.Resolved resolved) {
            replica.resolved(resolved.holder(), resolved.status(), resolved.timestamp());
        } else if (command instanceof ReplicaActor.Flushed flushed) {
            replica.flushed(flushed.index(), flushed.inTheWay(), flushed.compaction());
        } else if (command instanceof ReplicaActor.Heard note) {
            replica.checkup().heard(note.note());
        } else if (command instanceof ReplicaActor.Counted counted) {
            replica.checkup().counted(counted.found());
        } else if (command instanceof ReplicaActor.TakeAway found) {
            replica.takeAway(found.wish());
        } else if (command instanceof ReplicaActor.Look look) {
            replica.run();
            look.reply().accept(replica.look());
        } else if (command instanceof ReplicaActor.SnapshotArrived arrived) {
            replica.snapshotArrived(arrived.snapshot());
        } else if (command instanceof ReplicaActor.SnapshotInstalled installed) {
            replica.snapshotInstalled(installed.snapshot());
        } else if (command instanceof ReplicaActor.SnapshotTurn turn) {
            replica.snapshotTurn(turn.toReplica());
        } else if (command instanceof ReplicaActor.Retire retire) {
            retired = true;
            replica.abandon();
            retire.stopped().run();
        } else if (!(command instanceof ReplicaActor.FallAsleep)) {
            throw new IllegalStateException("nobody tells a replica here " + command);
        }
    }

    private void watchRest() {
        boolean rests = ticked && replica.isQuiet();
        ticked = false;
        if (rests) {
            resting = true;
            door.rests(replica.rest());
            rests = replica.isQuiet();
        }
        if (!rests && resting) {
            resting = false;
            door.awake();
        }
    }

    private void watchWaiting() {
        if (!waitingTickDue && replica.waiting() > 0) {
            waitingTickDue = true;
            process.after(WAITING_TICK_MICROS, () -> {
                waitingTickDue = false;
                if (!failed && !asleep && !retired) {
                    replica.lookAfterWaiting();
                    queueTurn();
                }
            });
        }
    }
}
