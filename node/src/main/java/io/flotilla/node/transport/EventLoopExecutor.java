package io.flotilla.node.transport;

import akka.dispatch.DispatcherPrerequisites;
import akka.dispatch.ExecutorServiceConfigurator;
import akka.dispatch.ExecutorServiceFactory;
import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;

/**
 * Gives a dispatcher one thread that also waits for the sockets, see {@link EventLoop}. For machines with few cores, where waking another thread costs
 * more than what it is woken for; {@code akka.io.tcp.selector-dispatcher} has to name the same dispatcher.
 */
public final class EventLoopExecutor extends ExecutorServiceConfigurator {
    /** Called by Akka. */
    public EventLoopExecutor(Config config, DispatcherPrerequisites prerequisites) {
        super(config, prerequisites);
    }

    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threadFactory) {
        return () -> new EventLoop(threadFactory);
    }
}
