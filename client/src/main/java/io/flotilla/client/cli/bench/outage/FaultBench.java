package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.cli.fault.RelayNetwork;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Strikes the leaseholder of one range, over and over, and measures when clients can write to that range again. Each trial begins when all is well and
 * ends when all is well again.
 */
final class FaultBench implements AutoCloseable {
    static final String PREFIX = "failover/";

    private static final Duration WRITE_DEADLINE = Duration.ofSeconds(20);
    private static final long RECOVERY_MILLIS_MAX = 20_000;
    private static final long CALM_MILLIS_MAX = 120_000;
    private static final long READY_MILLIS_MAX = 60_000;
    private static final long CALM_FOR_MILLIS = 1_500;
    private static final long CALM_WITHIN_MILLIS = 250;

    /** Faults come at any moment of the servers' own rhythms. */
    private static final int JITTER_MILLIS = 400;

    private static final long POLL_MILLIS = 100;

    private final LocalCluster cluster;
    private final RelayNetwork network;
    private final Bootstrap bootstrap;
    private final List<Path> stallFiles;
    private final SplittableRandom random;
    private final long writeEveryMillis;
    private final boolean anyGateway;
    private final List<FlotillaClient> clients = new ArrayList<>();

    /**
     * @param stallFiles by node, from node 1: while the file is there the node's log cannot sync
     * @param anyGateway writes go through all nodes by turns, the victim included
     */
    FaultBench(
            LocalCluster cluster,
            RelayNetwork network,
            Bootstrap bootstrap,
            List<Path> stallFiles,
            long writeEveryMillis,
            boolean anyGateway,
            long seed) {
        this.cluster = cluster;
        this.network = network;
        this.bootstrap = bootstrap;
        this.stallFiles = List.copyOf(stallFiles);
        this.writeEveryMillis = writeEveryMillis;
        this.anyGateway = anyGateway;
        this.random = new SplittableRandom(seed);
        for (String endpoint : cluster.endpoints()) {
            clients.add(FlotillaClient.builder()
                    .endpoints(anyGateway ? cluster.endpoints() : List.of(endpoint))
                    .defaultDeadline(WRITE_DEADLINE)
                    .clientName("flotilla-bench")
                    .build());
        }
    }

    /** Runs {@code count} trials of {@code kind}; {@code onTrial} hears each. */
    List<FailoverReport.Trial> run(FaultKind kind, int count, Consumer<String> onTrial)
            throws IOException, InterruptedException {
        List<FailoverReport.Trial> trials = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            FailoverReport.Trial trial = trial(kind, number);
            trials.add(trial);
            onTrial.accept(String.format(
                    Locale.ROOT,
                    "%s %d/%d: %.0f ms, all answered after %.0f ms%s (%s)",
                    kind.label(),
                    number + 1,
                    count,
                    trial.millis(),
                    trial.allAnsweredMillis(),
                    trial.failedWrites() == 0 ? "" : ", " + trial.failedWrites() + " failed",
                    trial.detail()));
        }
        return trials;
    }

    /** @param number of the trial, from 0; faults that have several forms take them by turns */
    private FailoverReport.Trial trial(FaultKind kind, int number) throws IOException, InterruptedException {
        ClusterHealth.await(cluster, bootstrap);
        int victim = leaseholder();
        int gateway = other(victim, number);
        try (WriteProbe probe = new WriteProbe(clients.get(gateway - 1), PREFIX, writeEveryMillis)) {
            if (!probe.awaitCalm(CALM_FOR_MILLIS, CALM_WITHIN_MILLIS, CALM_MILLIS_MAX)) {
                throw new IOException(
                        "writes are not answered within " + CALM_WITHIN_MILLIS + " ms although all is well");
            }
            Thread.sleep(random.nextInt(JITTER_MILLIS));
            victim = leaseholder();
            if (victim == gateway && !anyGateway) {
                return trial(kind, number); // the lease moved by itself meanwhile
            }
            long struck = System.nanoTime();
            String detail = strike(kind, victim, number);
            long stands = System.nanoTime();
            WriteProbe.Outcome outcome;
            try {
                outcome = probe.awaitRecovery(struck, stands, RECOVERY_MILLIS_MAX);
            } finally {
                heal(kind, victim);
            }
            return new FailoverReport.Trial(
                    outcome.millis() < 0 ? RECOVERY_MILLIS_MAX : outcome.millis(),
                    outcome.allAnsweredMillis() < 0 ? RECOVERY_MILLIS_MAX : outcome.allAnsweredMillis(),
                    outcome.failed(),
                    detail + ", gateway " + (anyGateway ? "any" : "node " + gateway));
        }
    }

    private String strike(FaultKind kind, int victim, int number) throws IOException, InterruptedException {
        ServerProcess server = cluster.server(victim);
        switch (kind) {
            case KILL -> server.kill();
            case PAUSE -> server.suspend();
            case DISK_STALL -> Files.createFile(stallFiles.get(victim - 1));
            case ONE_WAY -> {
                boolean deaf = number % 2 == 0;
                for (ServerProcess peer : cluster.servers()) {
                    int node = peer.spec().nodeId();
                    if (node != victim) {
                        network.cut(deaf ? node : victim, deaf ? victim : node);
                    }
                }
                return "node " + victim + (deaf ? " hears nobody" : " is heard by nobody");
            }
        }
        return kind.label() + " of node " + victim;
    }

    private void heal(FaultKind kind, int victim) throws IOException, InterruptedException {
        ServerProcess server = cluster.server(victim);
        switch (kind) {
            case KILL -> {
                cluster.restart(victim);
                server.awaitReady(READY_MILLIS_MAX);
            }
            case PAUSE -> server.resume();
            case DISK_STALL -> Files.deleteIfExists(stallFiles.get(victim - 1));
            case ONE_WAY -> network.heal();
        }
    }

    private int leaseholder() throws IOException, InterruptedException {
        byte[] key = PREFIX.getBytes(StandardCharsets.UTF_8);
        byte[] end = (PREFIX + "~").getBytes(StandardCharsets.UTF_8);
        long deadline = System.nanoTime() + CALM_MILLIS_MAX * 1_000_000;
        while (System.nanoTime() < deadline) {
            List<RangeStatus> ranges =
                    bootstrap.untilItWorks(() -> bootstrap.admin().ranges(key, end, false));
            if (ranges.get(0).leaseholder() > 0) {
                return ranges.get(0).leaseholder();
            }
            Thread.sleep(POLL_MILLIS);
        }
        throw new IOException("the range has no leaseholder");
    }

    private int other(int victim, int number) {
        int nodes = cluster.servers().size();
        int step = 1 + number / 2 % (nodes - 1);
        return (victim - 1 + step) % nodes + 1;
    }

    @Override
    public void close() {
        clients.forEach(FlotillaClient::close);
    }
}
