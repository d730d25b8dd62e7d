package io.flotilla.range.lifecycle;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.time.Timestamp;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Commits a few writes as one transaction. Whoever wires the rooms binds it to the transaction layer.
 *
 * <p>Threading: callable from any thread, never blocks; the callback runs on any thread, exactly once.
 */
@FunctionalInterface
public interface TransactionPort {
    /** What the transaction goes by: it commits only if none of it has changed since it was read. */
    record Seen(Timestamp at, List<Span> spans) {
        /** The conditions of the writes are all that it goes by. */
        public static final Seen NOTHING = new Seen(Timestamp.ZERO, List.of());

        public Seen {
            spans = List.copyOf(spans);
        }
    }

    /**
     * @param anchor the key whose range applies {@code trigger} with the commit
     * @param writes conditional writes are checked at the commit timestamp
     * @param trigger {@link Value#EMPTY} for none
     * @param callback takes null if committed
     */
    void commit(
            Key anchor,
            List<KvOp.DataWrite> writes,
            Seen seen,
            Value trigger,
            long timeoutMicros,
            Consumer<@Nullable KvError> callback);
}
