package io.flotilla.txn.actor;

import akka.actor.typed.ActorRef;
import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.txn.coordinator.CommitMachine;
import io.flotilla.txn.coordinator.ConflictResolver;
import io.flotilla.txn.coordinator.OutcomeMachine;
import io.flotilla.txn.coordinator.TxnCoordinator;
import io.flotilla.txn.coordinator.TxnEffect;
import io.flotilla.txn.coordinator.TxnTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The coordinator as the rest of a node sees it. Thread-safe; never blocks; callbacks run on any thread.
 *
 * <p>A commit that needs no timer before its first reply is sent from the caller's thread and, if that reply settles it, answered from the sender's: the
 * actor hears only of what is left to do. A one-range commit does not meet it at all.
 */
public final class TransactionService implements TxnCoordinator, ConflictResolver {
    private final ActorRef<CoordinatorActor.Command> actor;
    private final KvSender sender;
    private final ShellClock clock;
    private final TxnSettings settings;

    /** @param actor runs {@link CoordinatorActor#create} with the same sender, clock and settings */
    public TransactionService(
            ActorRef<CoordinatorActor.Command> actor, KvSender sender, HybridClock clock, TxnSettings settings) {
        this.actor = actor;
        this.sender = sender;
        this.clock = new ShellClock(clock);
        this.settings = settings;
    }

    @Override
    public void commit(CommitRequest request, Consumer<CommitReply> callback) {
        TxnTime now = clock.now();
        Task task = new Task(new CommitMachine(settings, request, now), effect -> {
            if (effect instanceof TxnEffect.AnswerCommit answer) {
                callback.accept(answer.reply());
            }
        });
        // Nobody takes it for dead before its time is up, so it needs no heartbeat until the first reply.
        if (request.trigger().length() == 0 && request.timeoutMicros() <= settings.expiryMillis() * 1_000) {
            perform(task, task.machine.start(now));
        } else {
            actor.tell(new CoordinatorActor.Begin(task));
        }
    }

    @Override
    public void outcome(TxnId id, Key anchor, boolean fence, long timeoutMicros, Consumer<OutcomeReply> callback) {
        long deadlineMicros = clock.now().micros() + timeoutMicros;
        actor.tell(new CoordinatorActor.Begin(new Task(
                new OutcomeMachine(id, anchor, fence, deadlineMicros), effect -> {
                    if (effect instanceof TxnEffect.AnswerOutcome answer) {
                        callback.accept(answer.reply());
                    }
                })));
    }

    @Override
    public void resolve(TxnMeta pusher, TxnMeta holder, Consumer<Resolution> callback) {
        actor.tell(new CoordinatorActor.Resolve(pusher, holder, callback));
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
        for (TxnEffect effect : task.machine.reply(clock.now(), call, reply)) {
            if (effect instanceof TxnEffect.Send) {
                left.add(effect);
            } else {
                task.answer.accept(effect);
            }
        }
        if (!task.machine.isDone()) {
            actor.tell(new CoordinatorActor.Adopt(task, left));
        }
    }
}
