package io.flotilla.client;

import io.flotilla.config.flow.AdmissionLimit;
import io.flotilla.config.flow.UnderWay;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is to be sent on one stream, and how much of it is under way at once: no more than the servers answer soon. What waits here is known not to
 * have been sent, so that giving it up leaves no doubt; and a server drowned in requests answers none of them in time. For one thread.
 *
 * <p>What ends or goes on with a transaction overtakes the rest: others may wait for its locks.
 */
final class SendQueue {
    /** Twice the gateway's own: what it holds back is its business. */
    private static final long DELAY_MILLIS = 500;

    private static final int WAITING_MAX = 1 << 16;

    private final AdmissionLimit limit = new AdmissionLimit(DELAY_MILLIS);
    private final ArrayDeque<Exchange> begun = new ArrayDeque<>();
    private final ArrayDeque<Exchange> fresh = new ArrayDeque<>();

    void add(Exchange exchange) {
        boolean goesOn =
                UnderWay.isUnderWay(Objects.requireNonNull(exchange.request).getKindCase());
        (goesOn ? begun : fresh).add(exchange);
    }

    boolean isEmpty() {
        return begun.isEmpty() && fresh.isEmpty();
    }

    /** Whether no more should be added: memory is finite. */
    boolean isFull() {
        return begun.size() + fresh.size() >= WAITING_MAX;
    }

    /** The next that may be sent now; {@link #ended} must follow. Null if there is none. */
    @Nullable
    Exchange next() {
        if (!begun.isEmpty() && limit.enter(true)) {
            return begun.poll();
        }
        if (!fresh.isEmpty() && limit.enter(false)) {
            return fresh.poll();
        }
        return null;
    }

    /** It is under way no longer. @param served with a result */
    void ended(Exchange exchange, long nowNanos, boolean served) {
        limit.leave(nowNanos, nowNanos - exchange.sentAtNanos, served);
    }

    /** Takes out all that match and hands each on; {@code sink} may add new ones, which stay. */
    void takeIf(Predicate<Exchange> filter, Consumer<Exchange> sink) {
        takeIf(begun, filter, sink);
        takeIf(fresh, filter, sink);
    }

    private static void takeIf(ArrayDeque<Exchange> queue, Predicate<Exchange> filter, Consumer<Exchange> sink) {
        for (int i = queue.size(); i > 0; i--) {
            Exchange exchange = queue.remove();
            if (filter.test(exchange)) {
                sink.accept(exchange);
            } else {
                queue.add(exchange);
            }
        }
    }
}
