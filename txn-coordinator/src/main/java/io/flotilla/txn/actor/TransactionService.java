package io.flotilla.txn.actor;

import akka.actor.typed.ActorRef;
import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.txn.coordinator.CommitMachine;
import io.flotilla.txn.coordinator.ConflictResolver;
import io.flotilla.txn.coordinator.FinishingMachine;
import io.flotilla.txn.coordinator.OutcomeMachine;
import io.flotilla.txn.coordinator.TxnCoordinator;
import io.flotilla.txn.coordinator.TxnEffect;
import io.flotilla.txn.coordinator.TxnTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The coordinator as the rest of a node sees it. Thread-safe; never blocks; callbacks run on any thread.
 *
 * <p>A commit that needs no timer before its first reply is sent from the caller's thread and, if that reply settles it, answered from the sender's: the
 * actor hears only of what is left to do. A one-range commit does not meet it at all.
 */
public final class TransactionService implements TxnCoordinator, ConflictResolver {
    /** Has something done by the one thread that is the coordination's. */
    private final Consumer<Consumer<Coordination>> coordination;

    private final KvSender sender;
    private final Supplier<TxnTime> clock;
    private final TxnSettings settings;

    /** @param actor runs {@link CoordinatorActor#create} with the same sender, clock and settings */
    public TransactionService(
            ActorRef<CoordinatorActor.Command> actor, KvSender sender, HybridClock clock, TxnSettings settings) {
        this(event -> actor.tell(new CoordinatorActor.Do(event)), sender, new ShellClock(clock), settings);
    }

    private TransactionService(
            Consumer<Consumer<Coordination>> coordination,
            KvSender sender,
            Supplier<TxnTime> clock,
            TxnSettings settings) {
        this.coordination = coordination;
        this.sender = sender;
        this.clock = clock;
        this.settings = settings;
    }

    /** Somebody else's time and turns, in place of an actor's. */
    public interface Turns {
        TxnTime now();

        /** Runs {@code event} once, after what runs now and no other event with it, when {@code delayMicros} have passed. */
        void after(long delayMicros, Runnable event);
    }

    /** One without an actor, for a simulation. */
    public static TransactionService inTurns(KvSender sender, Turns turns, TxnSettings settings) {
        Coordination[] own = new Coordination[1];
        own[0] = new Coordination(sender, turns::now, settings, new Coordination.Shell() {
            @Override
            public void enqueue(Runnable event) {
                turns.after(0, event);
            }

            @Override
            public void tickLater() {
                turns.after(CoordinatorActor.TICK.toNanos() / 1_000, () -> own[0].tick());
            }
        });
        return new TransactionService(
                event -> turns.after(0, () -> event.accept(own[0])), sender, turns::now, settings);
    }

    @Override
    public void commit(CommitRequest request, Consumer<CommitReply> callback) {
        TxnTime now = clock.get();
        Task task = new Task(new CommitMachine(settings, request, now), effect -> {
            if (effect instanceof TxnEffect.AnswerCommit answer) {
                callback.accept(answer.reply());
            }
        });
        // Nobody takes it for dead before its time is up, so it needs no heartbeat until the first reply.
        if (request.trigger().length() == 0 && request.timeoutMicros() <= settings.expiryMillis() * 1_000) {
            perform(task, task.machine.start(now));
        } else {
            coordination.accept(each -> each.begin(task));
        }
    }

    @Override
    public void outcome(TxnId id, Key anchor, boolean fence, long timeoutMicros, Consumer<OutcomeReply> callback) {
        long deadlineMicros = clock.get().micros() + timeoutMicros;
        Task task = new Task(new OutcomeMachine(id, anchor, fence, deadlineMicros), effect -> {
            if (effect instanceof TxnEffect.AnswerOutcome answer) {
                callback.accept(answer.reply());
            }
        });
        coordination.accept(each -> each.begin(task));
    }

    @Override
    public void resolve(TxnMeta pusher, TxnMeta holder, Consumer<Resolution> callback) {
        coordination.accept(each -> each.resolve(pusher, holder, callback));
    }

    @Override
    public void finish(TxnRecord left) {
        coordination.accept(each -> each.begin(new Task(new FinishingMachine(left), ignored -> {})));
    }

    /** The first step of a commit, without the actor. */
    private void perform(Task task, List<TxnEffect> effects) {
        for (TxnEffect effect : effects) {
            if (effect instanceof TxnEffect.Send send) {
                sender.send(send.batch(), reply -> onFirstReply(task, send.call(), reply));
            } else {
                task.answer.accept(effect);
            }
        }
    }

    private void onFirstReply(Task task, int call, KvReply reply) {
        List<TxnEffect> left = new ArrayList<>(1);
        for (TxnEffect effect : task.machine.reply(clock.get(), call, reply)) {
            if (effect instanceof TxnEffect.Send) {
                left.add(effect);
            } else {
                task.answer.accept(effect);
            }
        }
        if (!task.machine.isDone()) {
            coordination.accept(each -> each.adopt(task, left));
        }
    }
}
