package io.flotilla.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.check.BankVerdict;
import io.flotilla.client.load.BankLoad;
import io.flotilla.client.load.BankOptions;
import io.flotilla.client.load.LoadOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Transfers between accounts in several ranges while something is done to the cluster; at the end the books are checked. */
final class BackgroundBank implements AutoCloseable {
    /**
     * Of all clients together: enough to notice if something goes wrong, and most of the machine left to what is done to the cluster. In servers that live for
     * seconds a single transfer takes 20 ms of processor; at eight times this rate they did nothing else, and a node that started got what the transfers left it.
     */
    private static final double TRANSFERS_PER_SECOND = 10;

    private static final Duration PROGRESS_MAX = Duration.ofSeconds(120);

    private final ProcessCluster cluster;
    private final FlotillaClient client;
    private final BankLoad bank;
    private final AtomicLong acknowledged = new AtomicLong();
    private final CompletableFuture<BankLoad.BankSummary> load;

    private BackgroundBank(ProcessCluster cluster, int ranges, int clients, double perSecond) {
        this.cluster = cluster;
        this.client = cluster.client();
        BankOptions options = BankOptions.DEFAULT.accounts(200);
        try (FlotillaAdmin admin = cluster.admin()) {
            for (String key : options.layout().splitKeys(ranges)) {
                admin.split(key.getBytes(StandardCharsets.UTF_8));
            }
        }
        bank = new BankLoad(
                client,
                options,
                LoadOptions.DEFAULT
                        .clients(clients)
                        .duration(Duration.ofMinutes(60))
                        .opsPerSecond(perSecond));
        bank.init();
        load = CompletableFuture.supplyAsync(() -> bank.run(sample -> acknowledged.addAndGet(sample.ops())));
    }

    /** Opens the bank over so many ranges and lets customers in. */
    static BackgroundBank open(ProcessCluster cluster, int ranges, int clients) {
        return new BackgroundBank(cluster, ranges, clients, TRANSFERS_PER_SECOND);
    }

    /** As {@link #open}, with so many transfers a second, so that something is always under way; 0: as many as the cluster can take. */
    static BackgroundBank busy(ProcessCluster cluster, int ranges, int clients, double perSecond) {
        return new BackgroundBank(cluster, ranges, clients, perSecond);
    }

    long transfers() {
        return acknowledged.get();
    }

    /** Until so many transfers more are through: the cluster is at work. */
    void awaitTransfers(long more) throws IOException {
        long target = acknowledged.get() + more;
        long deadline = System.nanoTime() + PROGRESS_MAX.toNanos();
        while (acknowledged.get() < target) {
            assertThat(load.isCompletedExceptionally()).as("the load failed").isFalse();
            assertThat(System.nanoTime())
                    .as("no progress; the nodes said\n" + cluster.logs())
                    .isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    /** Ends the load; the total never changed, and every acknowledged transfer is there exactly once. */
    void closeTheBooks() {
        bank.stop();
        BankLoad.BankSummary summary = load.join();
        BankVerdict verdict = bank.check();
        System.out.println(summary + "\n" + verdict);
        assertThat(verdict.findings()).isEmpty();
        assertThat(summary.totalViolations()).as(summary.firstViolation()).isZero();
        assertThat(summary.totalChecks())
                .as("a total that was never read proves nothing")
                .isPositive();
        assertThat(verdict.transfersAcknowledged()).isPositive();
    }

    @Override
    public void close() {
        bank.stop();
        client.close();
    }
}
