package io.flotilla.node.transport;

import akka.actor.Cancellable;
import akka.actor.Scheduler;
import akka.dispatch.ExecutionContexts;
import java.time.Duration;
import scala.concurrent.ExecutionContext;

/**
 * Timers of one node. What is due runs on the timers' own thread and must be short: no lock that is held for long, no disk, no turn of a replica. A
 * periodic task that was late is not made up for.
 *
 * <p>Thread-safe. After the node has stopped nothing runs any more, and asking is no error.
 */
public final class NodeTimers {
    private static final ExecutionContext HERE = ExecutionContexts.fromExecutor(Runnable::run);

    private final Scheduler scheduler;

    NodeTimers(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    public void after(long millis, Runnable task) {
        try {
            scheduler.scheduleOnce(Duration.ofMillis(millis), task, HERE);
        } catch (IllegalStateException stopped) {
            // The node is going away, and its timers with it.
        }
    }

    /** With that pause between the end of one run and the beginning of the next. */
    public Cancellable every(Duration pause, Runnable task) {
        return scheduler.scheduleWithFixedDelay(pause, pause, task, HERE);
    }
}
