package io.flotilla.node.admin;

import static java.util.Objects.requireNonNull;

import io.flotilla.range.routing.Scheduler;
import java.util.TreeMap;

/** Time that stands still until it is told to go on. */
final class Timers implements Scheduler {
    final TreeMap<Long, Runnable> waiting = new TreeMap<>();
    private long nowMicros;

    @Override
    public void schedule(long delayMicros, Runnable task) {
        long at = nowMicros + delayMicros;
        while (waiting.containsKey(at)) {
            at++;
        }
        waiting.put(at, task);
    }

    @Override
    public long nowMicros() {
        return nowMicros;
    }

    void runUntil(long micros) {
        while (!waiting.isEmpty() && waiting.firstKey() <= micros) {
            nowMicros = waiting.firstKey();
            requireNonNull(waiting.remove(nowMicros)).run();
        }
        nowMicros = micros;
    }
}
