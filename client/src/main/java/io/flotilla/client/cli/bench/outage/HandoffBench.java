package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.ServerProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Restarts one node after the other in good order (SIGTERM), under traffic, and measures what the traffic notices of its going. */
final class HandoffBench {
    private static final long SECOND = 1_000_000_000L;
    private static final int SECONDS_BEFORE = 5;
    private static final long STOP_NANOS_MAX = 30 * SECOND;
    private static final long READY_MILLIS_MAX = 60_000;

    /** After a restart a node's code is cold, and the measure is of the going, not of the coming. */
    private static final long WARM_UP_MILLIS = 3_000;

    private final LocalCluster cluster;
    private final Bootstrap bootstrap;
    private final List<String> prefixes;
    private final Traffic traffic;

    HandoffBench(LocalCluster cluster, Bootstrap bootstrap, List<String> prefixes, Traffic traffic) {
        this.cluster = cluster;
        this.bootstrap = bootstrap;
        this.prefixes = List.copyOf(prefixes);
        this.traffic = traffic;
    }

    List<HandoffReport.Trial> run(int count, Consumer<String> onTrial) throws IOException, InterruptedException {
        List<HandoffReport.Trial> trials = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            HandoffReport.Trial trial = trial(number % cluster.servers().size() + 1);
            trials.add(trial);
            onTrial.accept(String.format(
                    Locale.ROOT,
                    "hand-off %d/%d: %.1f %% less (%.0f/s before, %d in the second of the hand-off, slowest %.0f ms), gone after %.0f ms (node %d)",
                    number + 1,
                    count,
                    trial.dipPct(),
                    trial.before(),
                    trial.during(),
                    trial.slowestMillis(),
                    trial.stopMillis(),
                    trial.node()));
        }
        return trials;
    }

    private HandoffReport.Trial trial(int node) throws IOException, InterruptedException {
        ClusterHealth.await(cluster, bootstrap);
        for (int i = 0; i < prefixes.size(); i++) {
            bootstrap.moveLease(prefixes.get(i), i % cluster.servers().size() + 1);
        }
        Thread.sleep(WARM_UP_MILLIS + SECONDS_BEFORE * 1_000);
        ServerProcess server = cluster.server(node);
        long told = System.nanoTime();
        server.askToStop();
        server.awaitStopped(told + STOP_NANOS_MAX);
        double stopMillis = (System.nanoTime() - told) / 1e6;
        long left = told + 2 * SECOND - System.nanoTime();
        if (left > 0) {
            Thread.sleep(left / 1_000_000);
        }
        List<Double> before = new ArrayList<>();
        for (int second = 1; second <= SECONDS_BEFORE; second++) {
            before.add((double) traffic.answered(told - second * SECOND, told - (second - 1) * SECOND));
        }
        HandoffReport.Trial trial = new HandoffReport.Trial(
                node,
                Percentiles.of(before, 50),
                traffic.answered(told, told + SECOND),
                traffic.slowestMillis(told, told + SECOND),
                stopMillis);
        cluster.restart(node);
        server.awaitReady(READY_MILLIS_MAX);
        return trial;
    }
}
