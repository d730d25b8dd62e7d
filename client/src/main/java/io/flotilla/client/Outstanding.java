package io.flotilla.client;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The requests sent and not yet answered of one stream, by id. An id is a slot number and, above it, a count that makes a slot's uses
 * differ; so a look-up is an array access. For one thread.
 */
final class Outstanding {
    /** More than this at once on one connection is refused: memory is finite. */
    static final int MAX = 1 << 16;

    private @Nullable Exchange[] slots = new @Nullable Exchange[64];
    private int[] free = new int[64];
    private int freeCount;
    private long uses;
    private int size;

    Outstanding() {
        refill(0);
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size >= MAX;
    }

    /** Files {@code exchange} and gives it its id. */
    void add(Exchange exchange) {
        if (freeCount == 0) {
            grow();
        }
        int slot = free[--freeCount];
        exchange.id = ++uses << 16 | slot;
        slots[slot] = exchange;
        size++;
    }

    /** Takes out the exchange with this id; null if there is none (any more). */
    @Nullable
    Exchange take(long id) {
        int slot = (int) (id & (MAX - 1));
        Exchange exchange = slot < slots.length ? slots[slot] : null;
        if (exchange == null || exchange.id != id) {
            return null;
        }
        release(slot);
        return exchange;
    }

    /** Takes out all that match and hands each on; {@code sink} may add new ones. */
    void takeIf(Predicate<Exchange> filter, Consumer<Exchange> sink) {
        for (int slot = 0; slot < slots.length && size > 0; slot++) {
            Exchange exchange = slots[slot];
            if (exchange != null && filter.test(exchange)) {
                release(slot);
                sink.accept(exchange);
            }
        }
    }

    long oldestSentAtNanos(long nowNanos) {
        long oldest = nowNanos;
        for (Exchange exchange : slots) {
            if (exchange != null && exchange.sentAtNanos - oldest < 0) {
                oldest = exchange.sentAtNanos;
            }
        }
        return oldest;
    }

    private void release(int slot) {
        slots[slot] = null;
        free[freeCount++] = slot;
        size--;
    }

    private void grow() {
        int old = slots.length;
        slots = Arrays.copyOf(slots, old * 2);
        free = new int[old * 2];
        refill(old);
    }

    private void refill(int from) {
        for (int slot = slots.length - 1; slot >= from; slot--) {
            free[freeCount++] = slot;
        }
    }
}
