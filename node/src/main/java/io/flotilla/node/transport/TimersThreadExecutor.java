package io.flotilla.node.transport;

import akka.dispatch.DispatcherPrerequisites;
import akka.dispatch.ExecutorServiceConfigurator;
import akka.dispatch.ExecutorServiceFactory;
import com.typesafe.config.Config;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Gives a dispatcher the thread of the timers ({@link ExactScheduler}): what little it has to do is mostly what a timer brought about, and then no second thread
 * is woken for it. For dispatchers whose tasks are short, on machines with few cores.
 */
public final class TimersThreadExecutor extends ExecutorServiceConfigurator {
    private final ExactScheduler timers;

    /** Called by Akka. */
    public TimersThreadExecutor(Config config, DispatcherPrerequisites prerequisites) {
        super(config, prerequisites);
        this.timers = (ExactScheduler) prerequisites.scheduler();
    }

    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threadFactory) {
        return () -> new Service(timers);
    }

    /** The thread is not this dispatcher's alone, so its end is not the thread's. */
    private static final class Service extends AbstractExecutorService {
        private final ExactScheduler timers;
        private volatile boolean shutdown;

        Service(ExactScheduler timers) {
            this.timers = timers;
        }

        @Override
        public void execute(Runnable task) {
            if (shutdown) {
                throw new RejectedExecutionException("the dispatcher is shut down");
            }
            timers.execute(task);
        }

        @Override
        public void shutdown() {
            shutdown = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutdown = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shutdown;
        }

        @Override
        public boolean isTerminated() {
            return shutdown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return shutdown;
        }
    }
}
