package io.flotilla.client.cli.demo;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaException;

/** Keeps the number of the users' ranges up to date in a thread of its own, so that a node that is down never holds up the view. */
final class RangeWatch implements AutoCloseable {
    private static final long PERIOD_MILLIS = 500;

    private final FlotillaAdmin admin;
    private final Thread thread;
    private volatile int count;
    private volatile boolean closed;

    RangeWatch(FlotillaAdmin admin, int countNow) {
        this.admin = admin;
        this.count = countNow;
        this.thread = new Thread(this::watch, "demo-ranges");
        thread.setDaemon(true);
        thread.start();
    }

    int count() {
        return count;
    }

    private void watch() {
        while (!closed) {
            try {
                count = admin.ranges(false).size();
            } catch (FlotillaException unreachable) {
                // The number of before stands until somebody answers.
            }
            try {
                Thread.sleep(PERIOD_MILLIS);
            } catch (InterruptedException ended) {
                return;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
