package io.flotilla.node.log;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads all cycle files, several side by side, adds up what they say, and refuses what does not join up: only the very last record may be torn, for it
 * was never acknowledged.
 */
final class LogRecovery {
    private static final int THREADS_MAX = 4;

    /** Files read ahead of the one that is being added up: what was read waits in memory. */
    private static final int AHEAD_MAX = 2;

    private final CycleFiles files;
    private final int recordBytesMax;
    private final Map<Long, RangeHistory> ranges = new TreeMap<>();
    private final List<CycleScan.Found> found = new ArrayList<>();
    private long lastSequence = -1;
    private long neededFrom = -1;
    private String brokenBefore = "";

    LogRecovery(CycleFiles files, int recordBytesMax) {
        this.files = files;
        this.recordBytesMax = recordBytesMax;
    }

    /**
     * @throws LogCorruptException if anything that was acknowledged may be missing
     * @throws IOException if the disk cannot be read
     */
    void run() throws IOException {
        List<Integer> cycles = files.cycles();
        if (cycles.isEmpty()) {
            return;
        }
        int threads = Math.min(THREADS_MAX, Runtime.getRuntime().availableProcessors());
        ExecutorService readers = Executors.newFixedThreadPool(Math.min(threads, cycles.size()), task -> {
            Thread thread = new Thread(task, "log-recovery");
            thread.setDaemon(true);
            return thread;
        });
        try {
            ArrayDeque<Future<CycleScan.Found>> reading = new ArrayDeque<>();
            int next = 0;
            while (next < cycles.size() || !reading.isEmpty()) {
                while (next < cycles.size() && reading.size() < threads + AHEAD_MAX) {
                    int cycle = cycles.get(next++);
                    reading.add(readers.submit(() -> CycleScan.scan(files.file(cycle), cycle, recordBytesMax)));
                }
                add(result(reading.remove()));
            }
        } finally {
            readers.shutdownNow();
        }
        check();
    }

    private static CycleScan.Found result(Future<CycleScan.Found> reading) throws IOException {
        try {
            return reading.get();
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause();
            if (cause instanceof IOException io) {
                throw io;
            }
            if (cause instanceof RuntimeException runtime) {
                throw runtime;
            }
            throw new IOException("the log cannot be read", cause);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the log was read", interrupted);
        }
    }

    private void add(CycleScan.Found file) {
        if (file.recordBehindBroken() >= 0) {
            throw new LogCorruptException("the log is damaged in " + file.file() + " at position " + file.broken()
                    + ": whole records follow at " + file.recordBehindBroken());
        }
        if (file.firstSequence() >= 0) {
            if (lastSequence >= 0 && file.firstSequence() != lastSequence + 1) {
                throw new LogCorruptException("the log is damaged before " + file.file() + ": it begins with number "
                        + file.firstSequence() + ", expected " + (lastSequence + 1) + brokenBefore);
            }
            lastSequence = file.lastSequence();
        }
        if (file.broken() >= 0) {
            brokenBefore = "; broken: " + file.file() + " at position " + file.broken();
        }
        if (file.neededFrom() >= 0) {
            neededFrom = file.neededFrom();
        }
        file.ranges().forEach((range, history) -> ranges.merge(range, history, RangeHistory::then));
        file.ranges().clear();
        found.add(file);
    }

    private void check() throws IOException {
        checkEnds();
        long first = found.stream()
                .mapToLong(CycleScan.Found::firstSequence)
                .filter(sequence -> sequence >= 0)
                .findFirst()
                .orElse(0);
        if (lastSequence >= 0 && first > neededFrom) {
            throw new LogCorruptException(
                    "the log in " + files.directory() + " has lost its beginning: the first record is " + first
                            + ", but " + Math.max(0, neededFrom) + " is still needed");
        }
        ranges.forEach((range, history) -> {
            String damage = history.damage(place -> files.file(Place.cycle(place)) + ":" + Place.position(place));
            if (!damage.isEmpty()) {
                throw new LogCorruptException(
                        "the log in " + files.directory() + " is damaged: of range " + range + " " + damage);
            }
        });
    }

    /** Behind the last record that can be read nothing may follow, be it that files were begun since it was written. */
    private void checkEnds() throws IOException {
        for (int i = found.size() - 1; i >= 0; i--) {
            CycleScan.Found file = found.get(i);
            TornEnd.check(file.file(), file.end(), nextSequence(), recordBytesMax);
            if (file.firstSequence() >= 0) {
                return;
            }
        }
    }

    /** The number that the next record should have. */
    long nextSequence() {
        return lastSequence + 1;
    }

    long neededFrom() {
        return Math.max(0, neededFrom);
    }

    Map<Long, RangeHistory> ranges() {
        return ranges;
    }

    /** All files in order. */
    List<CycleScan.Found> files() {
        return found;
    }
}
