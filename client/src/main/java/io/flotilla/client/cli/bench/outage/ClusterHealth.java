package io.flotilla.client.cli.bench.outage;

import io.flotilla.client.FlotillaAdmin.NodeStatus;
import io.flotilla.client.FlotillaAdmin.RangeState;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.LocalCluster;
import java.io.IOException;
import java.util.List;

/** Waits for all to be well between two blows. */
final class ClusterHealth {
    private static final long WELL_MILLIS_MAX = 120_000;
    private static final long POLL_MILLIS = 100;

    private ClusterHealth() {}

    /** Until every node is live and has its replicas, and every range is served. */
    static void await(LocalCluster cluster, Bootstrap bootstrap) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + WELL_MILLIS_MAX * 1_000_000;
        while (true) {
            List<NodeStatus> nodes =
                    bootstrap.untilItWorks(() -> bootstrap.admin().nodes());
            List<RangeStatus> ranges =
                    bootstrap.untilItWorks(() -> bootstrap.admin().ranges(true));
            boolean well = nodes.size() == cluster.servers().size()
                    && nodes.stream().allMatch(node -> node.live() && node.replicas() == ranges.size())
                    && ranges.stream().allMatch(range -> range.state() == RangeState.OK);
            if (well) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("the cluster does not get well again: " + nodes + ", " + ranges);
            }
            Thread.sleep(POLL_MILLIS);
        }
    }
}
