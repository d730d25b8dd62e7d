package io.flotilla.txn.actor;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.txn.coordinator.ConflictMachine;
import io.flotilla.txn.coordinator.ConflictResolver;
import io.flotilla.txn.coordinator.ForgettingMachine;
import io.flotilla.txn.coordinator.TxnEffect;
import io.flotilla.txn.coordinator.TxnTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hosts the unfinished business of one node's coordinator. Translates messages to events and effects to sends; ticks only while there is something to
 * wait for.
 */
public final class CoordinatorActor extends AbstractBehavior<CoordinatorActor.Command> {
    private static final Duration TICK = Duration.ofMillis(10);

    public sealed interface Command {}

    /** A machine that has not started. */
    record Begin(Task task) implements Command {}

    /** A machine that is under way, and what it wanted done last. */
    record Adopt(Task task, List<TxnEffect> effects) implements Command {}

    /** Find out about {@code holder}; those who ask while that is under way share the answer. */
    record Resolve(TxnMeta pusher, TxnMeta holder, Consumer<ConflictResolver.Resolution> callback) implements Command {}

    private record Replied(Task task, int call, KvReply reply) implements Command {}

    private enum Tick implements Command {
        TICK
    }

    private final KvSender sender;
    private final ShellClock clock;
    private final TxnSettings settings;
    private final TimerScheduler<Command> timers;
    private final ActorRef<Command> self;
    private final Set<Task> tasks = new LinkedHashSet<>();
    private final Map<TxnId, List<Consumer<ConflictResolver.Resolution>>> conflicts = new HashMap<>();

    /** Takes in records to be dropped, until it is full or sent. */
    private @Nullable ForgettingMachine forgetting;

    private boolean ticking;

    private CoordinatorActor(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            KvSender sender,
            HybridClock clock,
            TxnSettings settings) {
        super(context);
        this.timers = timers;
        this.self = context.getSelf();
        this.sender = sender;
        this.clock = new ShellClock(clock);
        this.settings = settings;
    }

    /** The actor behind one {@link TransactionService}. */
    public static Behavior<Command> create(KvSender sender, HybridClock clock, TxnSettings settings) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new CoordinatorActor(context, timers, sender, clock, settings)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Replied.class, this::onReplied)
                .onMessage(Adopt.class, this::onAdopt)
                .onMessage(Begin.class, this::onBegin)
                .onMessage(Resolve.class, this::onResolve)
                .onMessageEquals(Tick.TICK, this::onTick)
                .build();
    }

    private Behavior<Command> onReplied(Replied replied) {
        run(replied.task(), replied.task().machine.reply(clock.now(), replied.call(), replied.reply()));
        return this;
    }

    private Behavior<Command> onAdopt(Adopt adopt) {
        tasks.add(adopt.task());
        run(adopt.task(), adopt.effects());
        return this;
    }

    private Behavior<Command> onBegin(Begin begin) {
        tasks.add(begin.task());
        run(begin.task(), begin.task().machine.start(clock.now()));
        return this;
    }

    private Behavior<Command> onResolve(Resolve resolve) {
        List<Consumer<ConflictResolver.Resolution>> sharing =
                conflicts.get(resolve.holder().id());
        if (sharing != null) {
            sharing.add(resolve.callback());
            return this;
        }
        List<Consumer<ConflictResolver.Resolution>> callbacks = new ArrayList<>(1);
        callbacks.add(resolve.callback());
        conflicts.put(resolve.holder().id(), callbacks);
        ConflictMachine machine = new ConflictMachine(settings, resolve.pusher(), resolve.holder());
        return onBegin(new Begin(new Task(machine, effect -> answerConflict(effect, resolve.holder()))));
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

    private Behavior<Command> onTick() {
        ticking = false;
        TxnTime now = clock.now();
        for (Task task : List.copyOf(tasks)) {
            if (task.machine.dueMicros() <= now.micros()) {
                run(task, task.machine.tick(now));
            }
        }
        keepTicking();
        return this;
    }

    private void run(Task task, List<TxnEffect> effects) {
        for (int i = 0; i < effects.size(); i++) {
            TxnEffect effect = effects.get(i);
            if (effect instanceof TxnEffect.Send send) {
                sender.send(send.batch(), reply -> self.tell(new Replied(task, send.call(), reply)));
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
            onBegin(new Begin(new Task(open, CoordinatorActor::ignore)));
        }
    }

    /** Nobody asked. */
    private static void ignore(TxnEffect effect) {}

    private void keepTicking() {
        if (!ticking && !tasks.isEmpty()) {
            ticking = true;
            timers.startSingleTimer(Tick.TICK, TICK);
        }
    }
}
