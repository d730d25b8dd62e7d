package io.flotilla.range.routing;

/**
 * Time, as the router sees it. Thread-safe; never blocks.
 *
 * <p>Callbacks run on any thread, in no particular order among tasks that are due together.
 */
public interface Scheduler {
    /** Runs {@code task} once, not before {@code delayMicros} have passed. */
    void schedule(long delayMicros, Runnable task);

    /** A reading that never goes back, in microseconds since some fixed but arbitrary moment. */
    long nowMicros();
}
