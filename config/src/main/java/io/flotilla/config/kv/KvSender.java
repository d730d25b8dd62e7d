package io.flotilla.config.kv;

import java.util.function.Consumer;

/**
 * The door from the transaction layer down: sends a batch to wherever its keys live.
 *
 * <p>Threading: callable from any thread, never blocks. The callback is called exactly once, on any thread (possibly the
 * caller's, before this returns), and must not block. Retries of lost messages and moved ranges happen below this door;
 * a batch is sent again only if that cannot execute it twice (its writes carry a transaction id) or it was proven not to
 * have executed.
 */
@FunctionalInterface
public interface KvSender {
    void send(KvBatch batch, Consumer<KvReply> callback);
}
