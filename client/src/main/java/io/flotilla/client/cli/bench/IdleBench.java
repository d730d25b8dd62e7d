package io.flotilla.client.cli.bench;

import io.flotilla.client.FlotillaAdmin.ClusterStatus;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.ProcessCpu;
import io.flotilla.client.cli.local.ProcessHeap;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * Measures a cluster that has many ranges and nothing to do: before there are ranges, with all of them idle, and with one node dead. Nobody is
 * connected while CPU is measured.
 */
final class IdleBench {
    private static final long PATIENCE_MILLIS = 120_000;
    private static final int WAKES = 400;
    private static final double SETTLE_WINDOW_SECONDS = 5;
    private static final double SETTLED_PERCENT = 2;
    private static final int SETTLE_WINDOWS_MIN = 4;

    /** Beyond what is asked for. */
    private static final int SETTLE_WINDOWS_MORE = 24;

    private static final long POLL_MILLIS = 500;
    private static final int VICTIM = 3;

    private final LocalCluster cluster;
    private final IdleReport.Setting setting;
    private final Consumer<String> says;

    /** What a server does all day it does seldom: its compilers need minutes to find out what that is. */
    private final int compiledWindowsMin;

    private final Random random = new Random(1);

    IdleBench(LocalCluster cluster, IdleReport.Setting setting, Consumer<String> says) {
        this.cluster = cluster;
        this.setting = setting;
        this.says = says;
        this.compiledWindowsMin = (int) Math.ceil(setting.settleSeconds() / SETTLE_WINDOW_SECONDS);
    }

    IdleReport run(boolean oneDown) throws InterruptedException {
        List<Long> pids = cluster.pids();
        try (Bootstrap bootstrap = new Bootstrap(cluster.endpoints(), PATIENCE_MILLIS)) {
            bootstrap.initialize(setting.nodes());
        }
        warmUp();
        settle(pids, SETTLE_WINDOWS_MIN);
        List<Double> emptyCpu = cpu(pids);
        List<Double> emptyHeap = heap(pids);
        says.accept("without ranges: " + percents(emptyCpu));
        double makeSeconds = makeRanges();
        settle(pids, compiledWindowsMin);
        List<Double> idleCpu = cpu(pids);
        says.accept(setting.ranges() + " idle ranges: " + percents(idleCpu));
        List<Double> idleHeap = heap(pids);
        List<Integer> cold = sample();
        IdleReport.Percentiles reads = wake(cluster.endpoints(), cold.subList(0, cold.size() / 2), false);
        IdleReport.Percentiles writes = wake(cluster.endpoints(), cold.subList(cold.size() / 2, cold.size()), true);
        List<Double> oneDownCpu = List.of();
        IdleReport.Percentiles oneDownWrites = IdleReport.Percentiles.NONE;
        double recoverySeconds = Double.NaN;
        if (oneDown) {
            cluster.kill(VICTIM);
            List<Long> left = new ArrayList<>(pids);
            left.remove(VICTIM - 1);
            List<String> endpoints = new ArrayList<>(cluster.endpoints());
            endpoints.remove(VICTIM - 1);
            recoverySeconds = awaitAllLed(endpoints);
            settle(left, compiledWindowsMin);
            oneDownCpu = cpu(left);
            says.accept("one node dead: " + percents(oneDownCpu));
            oneDownWrites = wake(endpoints, sample().subList(0, WAKES / 2), true);
        }
        return new IdleReport(
                setting,
                makeSeconds,
                emptyCpu,
                idleCpu,
                oneDownCpu,
                emptyHeap,
                idleHeap,
                reads,
                writes,
                oneDownWrites,
                recoverySeconds);
    }

    /** What a server's first requests load and compile is no cost of its ranges. */
    private void warmUp() throws InterruptedException {
        try (FlotillaClient client = client(cluster.endpoints())) {
            ClosedLoop.run(8, 5, chosen -> {
                byte[] key = ("idle/warm-up/" + chosen.nextInt(100)).getBytes(StandardCharsets.UTF_8);
                client.put(key, key);
                client.get(key);
            });
        }
    }

    private double makeRanges() throws InterruptedException {
        List<Bootstrap> gateways = new ArrayList<>();
        try {
            for (String endpoint : cluster.endpoints()) {
                gateways.add(new Bootstrap(List.of(endpoint), PATIENCE_MILLIS));
            }
            long start = System.nanoTime();
            new RangeMaker(gateways, setting.ranges()).make(made -> says.accept(made + " splits done"));
            return secondsSince(start);
        } finally {
            gateways.forEach(Bootstrap::close);
        }
    }

    /** Waits until the servers have done what there was to do, compilers included. */
    private void settle(List<Long> pids, int windowsMin) throws InterruptedException {
        for (int window = 1; window <= windowsMin + SETTLE_WINDOWS_MORE; window++) {
            double busiest = IdleReport.worst(cpu(pids, SETTLE_WINDOW_SECONDS));
            if (window >= windowsMin && busiest < SETTLED_PERCENT) {
                return;
            }
        }
        says.accept("the servers do not come to rest");
    }

    private List<Double> cpu(List<Long> pids) throws InterruptedException {
        return cpu(pids, setting.seconds());
    }

    /** Percent of a core, each process. */
    private static List<Double> cpu(List<Long> pids, double seconds) throws InterruptedException {
        long start = System.nanoTime();
        double[] before = pids.stream()
                .mapToDouble(pid -> ProcessCpu.seconds(List.of(pid)))
                .toArray();
        Thread.sleep((long) (seconds * 1_000));
        List<Double> percent = new ArrayList<>();
        for (int i = 0; i < before.length; i++) {
            double used = ProcessCpu.seconds(List.of(pids.get(i))) - before[i];
            percent.add(100 * used / secondsSince(start));
        }
        return percent;
    }

    private static List<Double> heap(List<Long> pids) throws InterruptedException {
        List<Double> bytes = new ArrayList<>();
        for (long pid : pids) {
            bytes.add(ProcessHeap.liveBytes(pid));
        }
        return bytes;
    }

    /** Ranges that nobody has asked anything of yet, none twice. */
    private List<Integer> sample() {
        List<Integer> all = new ArrayList<>();
        for (int i = 1; i < setting.ranges(); i++) {
            all.add(i);
        }
        Collections.shuffle(all, random);
        return all.subList(0, Math.min(all.size(), WAKES));
    }

    private IdleReport.Percentiles wake(List<String> endpoints, List<Integer> ranges, boolean write) {
        Histogram histogram = new Histogram(3);
        byte[] value = new byte[100];
        try (FlotillaClient client = client(endpoints)) {
            client.get("idle/warm-up/0");
            for (int range : ranges) {
                byte[] key = (RangeMaker.key(range) + "/x").getBytes(StandardCharsets.UTF_8);
                long start = System.nanoTime();
                if (write) {
                    client.put(key, value);
                } else {
                    client.get(key);
                }
                histogram.recordValue(System.nanoTime() - start);
            }
        }
        return new IdleReport.Percentiles(
                histogram.getValueAtPercentile(50) / 1e6,
                histogram.getValueAtPercentile(99) / 1e6,
                histogram.getMaxValue() / 1e6);
    }

    /** How long until every range has a leaseholder again. */
    private double awaitAllLed(List<String> endpoints) throws InterruptedException {
        long start = System.nanoTime();
        try (Bootstrap bootstrap = new Bootstrap(endpoints, PATIENCE_MILLIS)) {
            while (secondsSince(start) < PATIENCE_MILLIS / 1_000.0) {
                ClusterStatus status = bootstrap.untilItWorks(bootstrap.admin()::status);
                if (status.serving() && status.nodesLive() < setting.nodes() && status.rangesUnavailable() == 0) {
                    return secondsSince(start);
                }
                Thread.sleep(POLL_MILLIS);
            }
        }
        says.accept("not every range found a leaseholder");
        return Double.POSITIVE_INFINITY;
    }

    private static FlotillaClient client(List<String> endpoints) {
        return FlotillaClient.builder()
                .endpoints(endpoints)
                .defaultDeadline(Duration.ofSeconds(10))
                .clientName("flotilla-bench")
                .build();
    }

    private static double secondsSince(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    private static String percents(List<Double> values) {
        return String.join(
                ", ",
                values.stream().map(value -> String.format("%.2f %%", value)).toList());
    }
}
