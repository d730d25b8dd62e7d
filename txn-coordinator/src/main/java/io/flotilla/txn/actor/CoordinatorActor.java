package io.flotilla.txn.actor;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import java.time.Duration;
import java.util.function.Consumer;

/** Gives one node's {@link Coordination} its turns and its ticks. */
public final class CoordinatorActor extends AbstractBehavior<CoordinatorActor.Command> {
    static final Duration TICK = Duration.ofMillis(10);

    public sealed interface Command {}

    /** Something for the coordination to do. */
    record Do(Consumer<Coordination> event) implements Command {}

    private enum Tick implements Command {
        TICK
    }

    private final Coordination coordination;

    private CoordinatorActor(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            KvSender sender,
            HybridClock clock,
            TxnSettings settings) {
        super(context);
        ActorRef<Command> self = context.getSelf();
        this.coordination = new Coordination(sender, new ShellClock(clock), settings, new Coordination.Shell() {
            @Override
            public void enqueue(Runnable event) {
                self.tell(new Do(ignored -> event.run()));
            }

            @Override
            public void tickLater() {
                timers.startSingleTimer(Tick.TICK, TICK);
            }
        });
    }

    /** The actor behind one {@link TransactionService}. */
    public static Behavior<Command> create(KvSender sender, HybridClock clock, TxnSettings settings) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new CoordinatorActor(context, timers, sender, clock, settings)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Do.class, this::onDo)
                .onMessageEquals(Tick.TICK, this::onTick)
                .build();
    }

    private Behavior<Command> onDo(Do what) {
        what.event().accept(coordination);
        return this;
    }

    private Behavior<Command> onTick() {
        coordination.tick();
        return this;
    }
}
