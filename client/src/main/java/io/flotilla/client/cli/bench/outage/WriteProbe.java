package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.FlotillaClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes at a steady pace, whatever becomes of the writes, and notes when each began and was answered. Thread-safe.
 */
final class WriteProbe implements AutoCloseable {
    private static final int KEYS = 1_024;
    private static final byte[] VALUE = "written by the probe".getBytes(StandardCharsets.UTF_8);

    /** One write. @param endNanos 0 while it is under way */
    private static final class Write {
        final long beganNanos;
        long endNanos;
        boolean failed;

        Write(long beganNanos) {
            this.beganNanos = beganNanos;
        }
    }

    /** What followed a fault. @param millis -1 if no write that began after it succeeded in time */
    record Outcome(double millis, double allAnsweredMillis, int failed) {}

    private final FlotillaClient client;
    private final String prefix;
    private final long periodNanos;
    private final List<Write> writes = new ArrayList<>();
    private final Thread thread;
    private volatile boolean closed;

    /** Begins at once. */
    WriteProbe(FlotillaClient client, String prefix, long periodMillis) {
        this.client = client;
        this.prefix = prefix;
        this.periodNanos = periodMillis * 1_000_000;
        this.thread = new Thread(this::run, "write-probe");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long next = System.nanoTime();
        for (int n = 0; !closed; n++) {
            write(n % KEYS);
            next += periodNanos;
            long left;
            while (!closed && (left = next - System.nanoTime()) > 0) {
                LockSupport.parkNanos(left);
            }
        }
    }

    private void write(int key) {
        byte[] bytes = (prefix + key).getBytes(StandardCharsets.UTF_8);
        Write write = new Write(System.nanoTime());
        synchronized (writes) {
            writes.add(write);
        }
        client.putAsync(bytes, VALUE).whenComplete((done, failure) -> {
            long now = System.nanoTime();
            synchronized (writes) {
                write.endNanos = now;
                write.failed = failure != null;
                writes.notifyAll();
            }
        });
    }

    /** Waits until writes have been answered within {@code withinMillis} for {@code forMillis} on end. */
    boolean awaitCalm(long forMillis, long withinMillis, long patienceMillis) throws InterruptedException {
        long deadline = System.nanoTime() + patienceMillis * 1_000_000;
        synchronized (writes) {
            while (!isCalm(System.nanoTime(), forMillis * 1_000_000, withinMillis * 1_000_000)) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                writes.wait(Math.min(left, 10));
            }
            return true;
        }
    }

    private boolean isCalm(long now, long spanNanos, long withinNanos) {
        int seen = 0;
        for (int i = writes.size() - 1; i >= 0 && now - writes.get(i).beganNanos < spanNanos; i--) {
            Write write = writes.get(i);
            long took = (write.endNanos == 0 ? now : write.endNanos) - write.beganNanos;
            if (write.failed || took > withinNanos) {
                return false;
            }
            seen++;
        }
        return !writes.isEmpty() && now - writes.get(0).beganNanos >= spanNanos && seen > 0;
    }

    /**
     * Waits for the first success of a write that began once the fault stood, then for all that began until then. Time is counted from {@code faultNanos}.
     *
     * @param standsNanos to send a signal takes a while, in which writes still succeed
     */
    Outcome awaitRecovery(long faultNanos, long standsNanos, long patienceMillis) throws InterruptedException {
        long deadline = System.nanoTime() + patienceMillis * 1_000_000;
        synchronized (writes) {
            long first = firstSuccess(standsNanos);
            while (first == 0 && System.nanoTime() < deadline) {
                writes.wait(100);
                first = firstSuccess(standsNanos);
            }
            if (first == 0) {
                return new Outcome(-1, -1, failed(faultNanos, System.nanoTime()));
            }
            long last = lastAnswer(faultNanos, first);
            while (last == 0 && System.nanoTime() < deadline) {
                writes.wait(100);
                last = lastAnswer(faultNanos, first);
            }
            return new Outcome(
                    (first - faultNanos) / 1e6, last == 0 ? -1 : (last - faultNanos) / 1e6, failed(faultNanos, first));
        }
    }

    private long firstSuccess(long standsNanos) {
        long first = 0;
        for (Write write : writes) {
            boolean success = write.beganNanos >= standsNanos && write.endNanos != 0 && !write.failed;
            if (success && (first == 0 || write.endNanos < first)) {
                first = write.endNanos;
            }
        }
        return first;
    }

    /** Of all writes under way between the two; 0 while one is. */
    private long lastAnswer(long faultNanos, long firstNanos) {
        long last = firstNanos;
        for (Write write : writes) {
            if (write.beganNanos <= firstNanos) {
                if (write.endNanos == 0) {
                    return 0;
                }
                last = write.endNanos >= faultNanos ? Math.max(last, write.endNanos) : last;
            }
        }
        return last;
    }

    private int failed(long faultNanos, long untilNanos) {
        int failed = 0;
        for (Write write : writes) {
            if (write.failed && write.endNanos >= faultNanos && write.beganNanos <= untilNanos) {
                failed++;
            }
        }
        return failed;
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
