package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;

/** Everything that is done to a shared log, at random from a seed: several ranges, several writes waiting at the same time, small and large. */
final class LogWorkload {
    static final int RANGES = 6;

    /** Small files that are collected soon, and no cache. */
    static final LogSettings SETTINGS = new LogSettings(1 << 20, 0, 1 << 20, 2, 1L << 30);

    /** These are written once and then idle, so that what they hold is moved when files are collected. */
    private static final int IDLE = 2;

    private static final int KEPT = 25;
    private static final int UNCOMMITTED = 2;
    private static final int LARGE_BYTES = 40_000;
    private static final int IN_FLIGHT_MAX = 6;

    private final Random random;
    private final LogModel[] models = new LogModel[RANGES + 1];
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
    private long term = 1;

    LogWorkload(Random random) {
        this.random = random;
        for (int range = 1; range <= RANGES; range++) {
            models[range] = new LogModel();
        }
    }

    LogModel model(int range) {
        return models[range];
    }

    /** Which state of each range is acknowledged by now. */
    int[] acknowledged() {
        int[] states = new int[RANGES + 1];
        for (int range = 1; range <= RANGES; range++) {
            states[range] = models[range].acknowledged();
        }
        return states;
    }

    /** Does so many things; returns when all are acknowledged. */
    void run(SharedLog log, int steps) throws InterruptedException {
        for (int range = 1; range <= IDLE; range++) {
            append(log, range, 5, 200);
            hardState(log, range);
        }
        for (int step = 0; step < steps; step++) {
            step(log, IDLE + 1 + random.nextInt(RANGES - IDLE), random.nextInt(40));
            if (random.nextInt(5) == 0) {
                await();
            }
        }
        await();
    }

    private void await() throws InterruptedException {
        inFlight.acquire(IN_FLIGHT_MAX);
        inFlight.release(IN_FLIGHT_MAX);
    }

    private void step(SharedLog log, int range, int kind) throws InterruptedException {
        LogModel model = models[range];
        if (kind < 2 && model.last() > Math.max(model.base(), model.commit())) {
            overwrite(log, range);
        } else if (kind < 6) {
            hardState(log, range);
        } else if (kind < 10 && model.last() - model.base() > KEPT) {
            long index = model.last() - KEPT;
            long at = model.termAt(index);
            model.compact(index);
            log.compact(range, index, at);
        } else if (kind == 10) {
            long index = model.last() + 1 + random.nextInt(10);
            submit(log, range, new Persist(null, List.of(), new LogReset(index, term)), model.reset(index));
        } else if (kind == 11 && range == RANGES) {
            model.remove();
            log.remove(range);
        } else {
            append(
                    log,
                    range,
                    1 + random.nextInt(3),
                    random.nextInt(3) == 0 ? random.nextInt(LARGE_BYTES) : random.nextInt(300));
        }
    }

    private void append(SharedLog log, int range, int count, int bytes) throws InterruptedException {
        write(log, range, models[range].last() + 1, count, bytes);
    }

    /** A new leader's entries take the place of the last few that are not committed. */
    private void overwrite(SharedLog log, int range) throws InterruptedException {
        LogModel model = models[range];
        term++;
        long first = Math.max(Math.max(model.base(), model.commit()) + 1, model.last() - random.nextInt(3));
        write(log, range, first, 1 + random.nextInt(2), random.nextInt(300));
    }

    private void write(SharedLog log, int range, long first, int count, int bytes) throws InterruptedException {
        List<LogEntry> entries = new ArrayList<>();
        for (long index = first; index < first + count; index++) {
            byte[] head = LogFixture.payload(index, term);
            byte[] payload = Arrays.copyOf(head, head.length + bytes);
            Arrays.fill(payload, head.length, payload.length, (byte) index);
            entries.add(new LogEntry(index, term, LogEntry.Kind.NORMAL, payload));
        }
        submit(log, range, new Persist(null, entries, null), models[range].append(entries));
    }

    private void hardState(SharedLog log, int range) throws InterruptedException {
        HardState hardState = new HardState(
                term, 1 + random.nextInt(3), Math.max(models[range].commit(), models[range].last() - UNCOMMITTED));
        submit(log, range, new Persist(hardState, List.of(), null), models[range].hardState(hardState));
    }

    private void submit(SharedLog log, int range, Persist persist, int state) throws InterruptedException {
        inFlight.acquire();
        log.submit(range, persist, new SharedLog.Listener() {
            @Override
            public void durable() {
                models[range].acknowledge(state);
                inFlight.release();
            }

            @Override
            public void failed(Exception cause) {
                inFlight.release();
            }
        });
    }
}
