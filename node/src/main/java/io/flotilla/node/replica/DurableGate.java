package io.flotilla.node.replica;

import io.flotilla.node.log.SharedLog;
import io.flotilla.node.storage.StorageException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Waits for one write of the shared log to be durable. Only where a replica is opened, never in a replica's turn on the hot path. */
final class DurableGate implements SharedLog.Listener {
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();

    @Override
    public void durable() {
        done.complete(true);
    }

    @Override
    public void failed(Exception cause) {
        done.completeExceptionally(cause);
    }

    void await() {
        try {
            done.join();
        } catch (CompletionException failed) {
            throw new StorageException("the log failed while a replica was opened", failed);
        }
    }
}
