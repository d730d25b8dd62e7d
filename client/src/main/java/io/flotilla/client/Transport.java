package io.flotilla.client;

import io.grpc.ManagedChannel;
import java.util.concurrent.Executor;

/** Where channels and the threads that run them come from. */
interface Transport extends AutoCloseable {
    /** A thread of its own for one connection's state: tasks run one after the other. */
    interface Loop extends Executor {
        boolean isCurrent();
    }

    /** The loop on which callbacks of the next opened channel arrive, if they arrive on a loop at all. */
    Loop nextLoop();

    ManagedChannel open(String endpoint, Loop loop);

    @Override
    void close();
}
