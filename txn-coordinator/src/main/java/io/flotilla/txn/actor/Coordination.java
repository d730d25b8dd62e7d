package io.flotilla.txn.actor;

import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.txn.coordinator.ConflictMachine;
import io.flotilla.txn.coordinator.ConflictResolver;
import io.flotilla.txn.coordinator.ForgettingMachine;
import io.flotilla.txn.coordinator.TxnEffect;
import io.flotilla.txn.coordinator.TxnTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The unfinished business of one node's coordinator: machines, and what they wait for. Translates events and effects; wants ticks only while there is
 * something to wait for. One thread at a time.
 */
final class Coordination {
    /** What is around it. */
    interface Shell {
        /** Have {@code event} run after what runs now; any thread. */
        void enqueue(Runnable event);

        /** Call {@link Coordination#tick} in a while. */
        void tickLater();
    }

    private final KvSender sender;
    private final Supplier<TxnTime> clock;
    private final TxnSettings settings;
    private final Shell shell;
    private final Set<Task> tasks = new LinkedHashSet<>();
    private final Map<TxnId, List<Consumer<ConflictResolver.Resolution>>> conflicts = new HashMap<>();

    /** Takes in records to be dropped, until it is full or sent. */
    private @Nullable ForgettingMachine forgetting;

    private boolean ticking;

    Coordination(KvSender sender, Supplier<TxnTime> clock, TxnSettings settings, Shell shell) {
        this.sender = sender;
        this.clock = clock;
        this.settings = settings;
        this.shell = shell;
    }

    /** A machine that is under way, and what it wanted done last. */
    void adopt(Task task, List<TxnEffect> effects) {
        tasks.add(task);
        run(task, effects);
    }

    /** A machine that has not started. */
    void begin(Task task) {
        tasks.add(task);
        run(task, task.machine.start(clock.get()));
    }

    /** Find out about {@code holder}; those who ask while that is under way share the answer. */
    void resolve(TxnMeta pusher, TxnMeta holder, Consumer<ConflictResolver.Resolution> callback) {
        List<Consumer<ConflictResolver.Resolution>> sharing = conflicts.get(holder.id());
        if (sharing != null) {
            sharing.add(callback);
            return;
        }
        List<Consumer<ConflictResolver.Resolution>> callbacks = new ArrayList<>(1);
        callbacks.add(callback);
        conflicts.put(holder.id(), callbacks);
        ConflictMachine machine = new ConflictMachine(settings, pusher, holder);
        begin(new Task(machine, effect -> answerConflict(effect, holder)));
    }

    private void answerConflict(TxnEffect effect, TxnMeta holder) {
        ConflictResolver.Resolution resolution = effect instanceof TxnEffect.AnswerResolution answer
                ? answer.resolution()
                : new ConflictResolver.Resolution(holder, TxnStatus.PENDING, Timestamp.ZERO);
        List<Consumer<ConflictResolver.Resolution>> callbacks = conflicts.remove(holder.id());
        if (callbacks != null) {
            callbacks.forEach(callback -> callback.accept(resolution));
        }
    }

    void tick() {
        ticking = false;
        TxnTime now = clock.get();
        for (Task task : List.copyOf(tasks)) {
            if (task.machine.dueMicros() <= now.micros()) {
                run(task, task.machine.tick(now));
            }
        }
        keepTicking();
    }

    private void replied(Task task, int call, KvReply reply) {
        run(task, task.machine.reply(clock.get(), call, reply));
    }

    private void run(Task task, List<TxnEffect> effects) {
        for (int i = 0; i < effects.size(); i++) {
            TxnEffect effect = effects.get(i);
            if (effect instanceof TxnEffect.Send send) {
                sender.send(send.batch(), reply -> shell.enqueue(() -> replied(task, send.call(), reply)));
            } else if (effect instanceof TxnEffect.Forget forget) {
                forget(forget.op());
            } else {
                task.answer.accept(effect);
            }
        }
        if (task.machine.isDone()) {
            tasks.remove(task);
        }
        keepTicking();
    }

    private void forget(KvOp.ForgetTxn op) {
        ForgettingMachine open = forgetting;
        if (open == null || !open.add(op)) {
            open = new ForgettingMachine();
            open.add(op);
            forgetting = open;
            begin(new Task(open, Coordination::ignore));
        }
    }

    /** Nobody asked. */
    private static void ignore(TxnEffect effect) {}

    private void keepTicking() {
        if (!ticking && !tasks.isEmpty()) {
            ticking = true;
            shell.tickLater();
        }
    }
}
