package io.flotilla.client.cli.demo;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeState;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaAdmin.SplitResult;
import io.flotilla.client.FlotillaAdmin.TransferResult;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.load.BankLayout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * What is done to the cluster and when, in parts of the load's time: a range is split at 20 %, a leaseholder moved at 35 %, a node killed with SIGKILL at
 * 50 % and started again at 60 %. Runs in its own thread; {@link #events} may be asked when that has ended.
 */
final class FaultPlot {
    static final double SPLIT_AT = 0.20;
    static final double TRANSFER_AT = 0.35;
    static final double KILL_AT = 0.50;
    static final double RESTART_AT = 0.60;

    /** Part of the load's time that a deed may take at most; a request of its own may add to it. */
    private static final double PATIENCE = 0.10;

    private static final long PATIENCE_MILLIS_MIN = 1_000;
    private static final long RESTART_MILLIS_MAX = 120_000;

    private final LocalCluster cluster;
    private final Bootstrap bootstrap;
    private final BankLayout layout;
    private final int ranges;
    private final Consumer<String> marker;
    private final List<FaultEvent> events = new ArrayList<>();
    private final double seconds;
    private final long startNanos = System.nanoTime();
    private int victim;

    /** @param seconds the load's, which begins now */
    FaultPlot(
            LocalCluster cluster,
            Bootstrap bootstrap,
            BankLayout layout,
            int ranges,
            double seconds,
            Consumer<String> marker) {
        this.seconds = seconds;
        this.cluster = cluster;
        this.bootstrap = bootstrap;
        this.layout = layout;
        this.ranges = ranges;
        this.marker = marker;
    }

    /** A deed: says in words what it did. */
    @FunctionalInterface
    private interface Deed {
        String run() throws IOException, InterruptedException;
    }

    /** Plays the whole plot. */
    void play() throws InterruptedException {
        at(seconds * SPLIT_AT, "split", this::split);
        at(seconds * TRANSFER_AT, "transfer-lease", this::transferLease);
        at(seconds * KILL_AT, "kill", this::kill);
        at(seconds * RESTART_AT, "restart", this::restart);
    }

    List<FaultEvent> events() {
        return List.copyOf(events);
    }

    private void at(double second, String kind, Deed deed) throws InterruptedException {
        long wait = (long) (second * 1_000) - elapsedMillis();
        if (wait > 0) {
            Thread.sleep(wait);
        }
        long at = elapsedMillis();
        String detail;
        boolean done = true;
        try {
            detail = deed.run();
        } catch (RuntimeException | IOException failed) {
            detail = "could not " + kind + ": " + failed.getMessage();
            done = false;
        }
        if (at > seconds * 1_000) {
            detail += " (too late: the load had ended)";
            done = false;
        }
        events.add(new FaultEvent(at, kind, detail, done));
        marker.accept(detail);
    }

    /** A request that fails is tried again, but not into the time of the next deed. */
    private long patienceMillis() {
        return Math.max(PATIENCE_MILLIS_MIN, (long) (seconds * 1_000 * PATIENCE));
    }

    private long elapsedMillis() {
        return (System.nanoTime() - startNanos) / 1_000_000;
    }

    /** At a key that begins no range yet. */
    private String split() throws InterruptedException {
        List<RangeStatus> before =
                bootstrap.untilItWorks(patienceMillis(), () -> bootstrap.admin().ranges(false));
        for (String candidate : candidates()) {
            byte[] key = candidate.getBytes(StandardCharsets.UTF_8);
            if (before.stream().noneMatch(range -> Arrays.equals(range.startKey(), key))) {
                SplitResult result = bootstrap.untilItWorks(
                        patienceMillis(), () -> bootstrap.admin().split(key));
                return "split range " + result.leftRange() + " at " + candidate + ": range " + result.rightRange()
                        + " begins there";
            }
        }
        return "every shard is a range already; nothing left to split";
    }

    /** First halves of the ranges there were at the beginning, then any shard's border. */
    private List<String> candidates() {
        List<String> candidates = new ArrayList<>();
        if (ranges * 2 <= BankLayout.SHARDS) {
            candidates.addAll(layout.splitKeys(ranges * 2));
        }
        candidates.addAll(layout.splitKeys(BankLayout.SHARDS));
        return candidates;
    }

    private String transferLease() throws InterruptedException {
        FlotillaAdmin admin = bootstrap.admin();
        TransferResult moved = bootstrap.untilItWorks(patienceMillis(), () -> {
            RangeStatus range = admin.ranges(false).stream()
                    .filter(one -> one.state() == RangeState.OK && one.leaseholder() != 0)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no range has a leaseholder"));
            int to = range.replicas().stream()
                    .filter(node -> node != range.leaseholder())
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("range " + range.range() + " has one replica only"));
            return admin.transferLease(range.range(), to);
        });
        return "moved the leaseholder of range " + moved.range() + " from node " + moved.fromNode() + " to node "
                + moved.toNode();
    }

    /** The node with the most leases: the one that hurts most. */
    private String kill() throws InterruptedException {
        List<RangeStatus> ranges =
                bootstrap.untilItWorks(patienceMillis(), () -> bootstrap.admin().ranges(true));
        int[] leases = new int[cluster.servers().size() + 1];
        for (RangeStatus range : ranges) {
            if (range.leaseholder() > 0 && range.leaseholder() < leases.length) {
                leases[range.leaseholder()]++;
            }
        }
        victim = 1;
        for (int node = 2; node < leases.length; node++) {
            victim = leases[node] > leases[victim] ? node : victim;
        }
        long pid = cluster.server(victim).pid();
        cluster.kill(victim);
        return "killed node " + victim + " (process " + pid + ", " + leases[victim] + " leases) with SIGKILL";
    }

    private String restart() throws IOException, InterruptedException {
        long start = System.nanoTime();
        cluster.restart(victim);
        cluster.server(victim).awaitReady(RESTART_MILLIS_MAX);
        return String.format(
                Locale.ROOT,
                "started node %d again; it was ready after %.1f s",
                victim,
                (System.nanoTime() - start) / 1e9);
    }
}
