package io.flotilla.node.replica;

import io.flotilla.config.key.Span;
import io.flotilla.node.mvcc.EntryHash;
import io.flotilla.node.storage.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Adds a range's state up by reading all of it, one range at a time.
 *
 * <p>Thread-safe.
 */
public final class StateCounter {
    private final Engine engine;
    private final Executor executor;
    private final Consumer<Throwable> onDiskFailure;
    private final AtomicBoolean busy = new AtomicBoolean();

    StateCounter(Engine engine, Executor executor, Consumer<Throwable> onDiskFailure) {
        this.engine = engine;
        this.executor = executor;
        this.onDiskFailure = onDiskFailure;
    }

    /**
     * Counts the state as it is now; call it in the replica's turn.
     *
     * @return false if another one is being counted
     */
    boolean count(Span span, LongConsumer counted) {
        if (!busy.compareAndSet(false, true)) {
            return false;
        }
        List<Opened> parts = open(engine, span);
        executor.execute(() -> {
            long sum;
            try {
                sum = read(parts);
            } catch (RuntimeException failure) {
                onDiskFailure.accept(failure);
                return;
            } finally {
                busy.set(false);
            }
            counted.accept(sum);
        });
        return true;
    }

    /** What the state of that span adds up to. */
    public static long sumOf(Engine engine, Span span) {
        return read(open(engine, span));
    }

    private record Opened(Engine.Space space, Engine.Cursor cursor) {}

    private static List<Opened> open(Engine engine, Span span) {
        List<Opened> parts = new ArrayList<>();
        for (RangeSpaces part : RangeSpaces.of(span)) {
            Engine.Cursor cursor = engine.cursor(
                    part.space(), part.bounds().from(), part.bounds().to());
            parts.add(new Opened(part.space(), cursor));
        }
        return parts;
    }

    private static long read(List<Opened> parts) {
        long sum = 0;
        for (Opened part : parts) {
            try (Engine.Cursor cursor = part.cursor()) {
                for (; cursor.isValid(); cursor.next()) {
                    sum += EntryHash.of(part.space(), cursor.key(), cursor.value());
                }
            }
        }
        return sum;
    }
}
