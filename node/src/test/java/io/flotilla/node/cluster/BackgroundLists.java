package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.load.AppendLoad;
import io.flotilla.client.load.AppendOptions;
import io.flotilla.client.load.AppendVerdict;
import io.flotilla.client.load.LoadOptions;
import io.flotilla.client.load.LoadSummary;
import io.flotilla.client.load.check.Anomaly;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Transactions that read lists and append to them while something is done to the cluster; what they saw is checked. */
final class BackgroundLists implements AutoCloseable {
    private static final int CLIENTS = 4;

    /** Of all clients together: something under way more often than not, and yet most of the machine left to others. */
    private static final double OPS_PER_SECOND = 15;

    private final FlotillaClient client;
    private final AppendLoad lists;
    private final CompletableFuture<LoadSummary> load;

    private BackgroundLists(ProcessCluster cluster, int ranges) {
        client = cluster.client();
        AppendOptions options = AppendOptions.DEFAULT.keys(12).roundTransactions(100);
        try (FlotillaAdmin admin = cluster.admin()) {
            for (String key : options.layout().splitKeys(ranges)) {
                admin.split(key.getBytes(StandardCharsets.UTF_8));
            }
        }
        lists = new AppendLoad(
                client,
                options,
                LoadOptions.DEFAULT
                        .clients(CLIENTS)
                        .duration(Duration.ofMinutes(60))
                        .opsPerSecond(OPS_PER_SECOND));
        load = CompletableFuture.supplyAsync(() -> lists.run(sample -> {}, anomaly -> {}));
    }

    /** Begins, with the lists in so many ranges. */
    static BackgroundLists begin(ProcessCluster cluster, int ranges) {
        return new BackgroundLists(cluster, ranges);
    }

    /** Ends the load: what was seen is serializable, and nothing was stale. */
    void endSerializable() {
        lists.stop();
        LoadSummary summary = load.join();
        AppendVerdict verdict = lists.check();
        System.out.println(summary + "\n" + verdict);
        assertThat(verdict.anomalies().stream().map(Anomaly::explanation)).isEmpty();
        assertThat(verdict.appends()).as("without appends nothing is proved").isPositive();
    }

    @Override
    public void close() {
        lists.stop();
        client.close();
    }
}
