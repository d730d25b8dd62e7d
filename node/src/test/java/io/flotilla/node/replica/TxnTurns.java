package io.flotilla.node.replica;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;

/** A thread of a {@link TxnProcess} that works on a disk: one task after the other, each of which takes a while. */
final class TxnTurns extends AbstractExecutorService {
    private static final long TASK_MICROS = 200;

    private final TxnProcess process;
    private long busyUntilMicros;
    private boolean shutdown;

    TxnTurns(TxnProcess process) {
        this.process = process;
    }

    @Override
    public void execute(Runnable task) {
        if (!shutdown) {
            long now = process.world().time.nowMicros();
            busyUntilMicros = Math.max(busyUntilMicros, now) + process.world().exponential(TASK_MICROS);
            process.after(busyUntilMicros - now, () -> {
                if (!shutdown) {
                    task.run();
                }
            });
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
