package io.flotilla.node.transport;

import akka.dispatch.DispatcherPrerequisites;
import akka.dispatch.ExecutorServiceConfigurator;
import akka.dispatch.ExecutorServiceFactory;
import com.typesafe.config.Config;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Runs an actor on the thread that sends to it. The mailbox still sees to it that one thread runs it at a time: a second sender leaves its message
 * to the first.
 */
public final class CallerThreadExecutor extends ExecutorServiceConfigurator {
    /** Called by Akka. */
    public CallerThreadExecutor(Config config, DispatcherPrerequisites prerequisites) {
        super(config, prerequisites);
    }

    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threadFactory) {
        return new Factory();
    }

    static ExecutorService newExecutor() {
        return new Service();
    }

    private static final class Factory implements ExecutorServiceFactory {
        @Override
        public ExecutorService createExecutorService() {
            return newExecutor();
        }
    }

    private static final class Service extends AbstractExecutorService {
        private final ThreadLocal<ArrayDeque<Runnable>> running = new ThreadLocal<>();
        private volatile boolean shutdown;

        /** An actor that asks to go on while it is running goes on after it has returned, so the stack cannot grow. */
        @Override
        public void execute(Runnable command) {
            ArrayDeque<Runnable> behind = running.get();
            if (behind != null) {
                behind.add(command);
                return;
            }
            behind = new ArrayDeque<>();
            running.set(behind);
            try {
                runAll(command, behind);
            } finally {
                running.remove();
            }
        }

        /** One that throws takes the others' turn from nobody: their actors count as scheduled, and would never be again. */
        private static void runAll(Runnable first, ArrayDeque<Runnable> behind) {
            Throwable failure = null;
            for (Runnable next = first; next != null; next = behind.poll()) {
                try {
                    next.run();
                } catch (RuntimeException | Error thrown) {
                    failure = failure == null ? thrown : failure;
                }
            }
            if (failure instanceof RuntimeException thrown) {
                throw thrown;
            } else if (failure instanceof Error thrown) {
                throw thrown;
            }
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
