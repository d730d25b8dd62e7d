package io.flotilla.client.cli.bench;

import io.flotilla.client.CommitOutcomeUnknownException;
import io.flotilla.client.FlotillaAdmin.NodeServing;
import io.flotilla.client.FlotillaAdmin.NodeStatus;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.FlotillaException;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.ProcessCpu;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Offers a cluster several times the writes it can do, for a while, and looks at those that are done, at reads that go on beside them, and at what is
 * possible afterwards.
 *
 * <p>The flood is open: so many writes a second are begun, whoever waits. Each has a short deadline, within which the library tries again what was
 * refused, when the servers ask it to.
 */
final class OverloadBench {
    /** Writes of the flood that wait in this process; more are not begun, so that the flood does not drown its own source. */
    private static final int WAITING_MAX = 60_000;

    private static final int READERS = 4;
    private static final long READ_PAUSE_NANOS = 10_000_000;
    private static final long PACE_NANOS = 1_000_000;
    private static final long LOOK_MILLIS = 250;
    private static final int DIGITS = 3;

    /** What a server does with too much, it does seldom: its compilers need several floods. */
    private static final int WARM_UPS_MAX = 5;

    private final List<Long> serverPids;
    private final FloorOperations foreground;
    private final FloorOperations flood;
    private final Bootstrap bootstrap;
    private final OverloadReport.Setting setting;
    private final Consumer<String> says;

    /** @param flood a client of its own for what is too much, with a deadline that bounds how long a write is tried */
    OverloadBench(
            List<Long> serverPids,
            FlotillaClient foreground,
            FlotillaClient flood,
            Bootstrap bootstrap,
            OverloadReport.Setting setting,
            Consumer<String> says) {
        this.serverPids = serverPids;
        this.foreground = new FloorOperations(foreground);
        this.flood = new FloorOperations(flood);
        this.bootstrap = bootstrap;
        this.setting = setting;
        this.says = says;
    }

    OverloadReport run() throws InterruptedException {
        warmUp();
        OverloadReport.Phase before = closed();
        says.accept(String.format("%.0f writes/s by %d clients", before.writesPerSecond(), setting.clients()));
        Flood flooding = new Flood(before.writesPerSecond() * setting.factor());
        OverloadReport.Phase during = besideReads(flooding::run);
        says.accept(
                String.format("%.0f writes/s of %.0f offered", during.writesPerSecond(), flooding.offeredPerSecond));
        OverloadReport.Phase after = closed();
        says.accept(String.format("%.0f writes/s afterwards", after.writesPerSecond()));
        return new OverloadReport(
                setting,
                before,
                during,
                after,
                flooding.offeredPerSecond,
                flooding.gaveUp.get(),
                flooding.unknown.get(),
                flooding.refusals,
                flooding.unappliedBytesMax);
    }

    /** Floods until the servers' compilers have little to do, or often enough. */
    private void warmUp() throws InterruptedException {
        foreground.fill();
        double compiling = 1;
        for (int floods = 0; floods < WARM_UPS_MAX && compiling > FloorBench.COMPILING_MAX; floods++) {
            long start = System.nanoTime();
            double before = ProcessCpu.compilerSeconds(serverPids);
            OverloadReport.Phase warm = closed();
            new Flood(warm.writesPerSecond() * setting.factor()).run();
            compiling = (ProcessCpu.compilerSeconds(serverPids) - before) / ((System.nanoTime() - start) / 1e9);
            says.accept(String.format("warming up: compilers take %.0f %% of a core", 100 * Math.max(0, compiling)));
        }
    }

    private record Writes(double perSecond, Histogram nanos) {}

    @FunctionalInterface
    private interface Writing {
        Writes run() throws InterruptedException;
    }

    private OverloadReport.Phase closed() throws InterruptedException {
        return besideReads(() -> {
            ClosedLoop.Result result = ClosedLoop.run(setting.clients(), setting.seconds(), foreground::put);
            return new Writes(result.perSecond(), result.nanos());
        });
    }

    private OverloadReport.Phase besideReads(Writing writing) throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        Histogram reads = new ConcurrentHistogram(DIGITS);
        Thread[] readers = new Thread[READERS];
        for (int i = 0; i < READERS; i++) {
            Random random = new Random(i);
            readers[i] = new Thread(() -> read(random, reads, over), "bench-reader-" + i);
            readers[i].setDaemon(true);
            readers[i].start();
        }
        Writes writes;
        try {
            writes = writing.run();
        } finally {
            over.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
        }
        return new OverloadReport.Phase(writes.perSecond(), latency(writes.nanos()), latency(reads));
    }

    private void read(Random random, Histogram nanos, AtomicBoolean over) {
        while (!over.get()) {
            long start = System.nanoTime();
            try {
                foreground.get(random);
            } catch (FlotillaException late) {
                // Counts as long as it took.
            }
            nanos.recordValue(System.nanoTime() - start);
            LockSupport.parkNanos(READ_PAUSE_NANOS);
        }
    }

    private static OverloadReport.Latency latency(Histogram nanos) {
        return new OverloadReport.Latency(
                nanos.getValueAtPercentile(50) / 1e6, nanos.getValueAtPercentile(99) / 1e6, nanos.getMaxValue() / 1e6);
    }

    /** Begins writes at a fixed rate, and watches the servers meanwhile. */
    private final class Flood {
        final AtomicLong gaveUp = new AtomicLong();
        final AtomicLong unknown = new AtomicLong();
        double offeredPerSecond;
        long refusals;
        volatile long unappliedBytesMax;

        private final Map<String, String> reasons = new ConcurrentHashMap<>();
        private final double rate;
        private final Histogram nanos = new ConcurrentHistogram(DIGITS);
        private final Semaphore room = new Semaphore(WAITING_MAX);

        Flood(double rate) {
            this.rate = rate;
        }

        Writes run() throws InterruptedException {
            long refusedBefore = refused();
            AtomicBoolean over = new AtomicBoolean();
            Thread watch = new Thread(() -> watch(over), "bench-watch");
            watch.setDaemon(true);
            watch.start();
            long start = System.nanoTime();
            long begun = flood(start);
            double seconds = (System.nanoTime() - start) / 1e9;
            Histogram done = nanos.copy(); // what ends later is no part of what was done meanwhile
            room.acquire(WAITING_MAX);
            over.set(true);
            watch.join();
            refusals = refused() - refusedBefore;
            offeredPerSecond = begun / seconds;
            return new Writes(done.getTotalCount() / seconds, nanos);
        }

        private long flood(long start) {
            Random random = new Random(start);
            long end = start + (long) (setting.seconds() * 1e9);
            long begun = 0;
            for (long now = start; now < end; now = System.nanoTime()) {
                long due = (long) ((now - start) / 1e9 * rate);
                while (begun < due && room.tryAcquire()) {
                    begun++;
                    begin(random);
                }
                LockSupport.parkNanos(PACE_NANOS);
            }
            return begun;
        }

        private void begin(Random random) {
            long start = System.nanoTime();
            flood.beginPut(random).whenComplete((timestamp, failure) -> {
                ended(start, failure);
                room.release();
            });
        }

        private void ended(long start, @Nullable Throwable failure) {
            if (failure == null) {
                nanos.recordValue(System.nanoTime() - start);
                return;
            }
            gaveUp.incrementAndGet();
            if (failure instanceof CommitOutcomeUnknownException) {
                unknown.incrementAndGet();
            }
            String kind =
                    failure instanceof FlotillaException known ? known.code().name() : "BUG";
            if (reasons.putIfAbsent(kind, String.valueOf(failure.getMessage())) == null) {
                says.accept("the first " + kind + " in the flood: " + failure.getMessage());
            }
        }

        private void watch(AtomicBoolean over) {
            while (!over.get()) {
                for (NodeServing serving : serving()) {
                    unappliedBytesMax = Math.max(unappliedBytesMax, serving.unappliedBytes());
                }
                LockSupport.parkNanos(LOOK_MILLIS * 1_000_000);
            }
        }

        private long refused() {
            return serving().stream().mapToLong(NodeServing::writesRefused).sum();
        }

        private List<NodeServing> serving() {
            try {
                return bootstrap.admin().nodes().stream()
                        .map(NodeStatus::serving)
                        .flatMap(Optional::stream)
                        .toList();
            } catch (FlotillaException busy) {
                return List.of();
            }
        }
    }
}
