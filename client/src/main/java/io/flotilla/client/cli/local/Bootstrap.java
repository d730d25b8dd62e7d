package io.flotilla.client.cli.local;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.InitResult;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Makes servers that have just started a cluster that serves. Everything here is tried again until it works or time is up. */
public final class Bootstrap implements AutoCloseable {
    private static final Duration CALL_MAX = Duration.ofSeconds(5);
    private static final long PAUSE_MILLIS = 50;

    private final FlotillaAdmin admin;
    private final long patienceMillis;

    /** @param patienceMillis how long each step may take */
    public Bootstrap(List<String> endpoints, long patienceMillis) {
        this.admin = FlotillaAdmin.connect(String.join(",", endpoints), CALL_MAX);
        this.patienceMillis = patienceMillis;
    }

    public FlotillaAdmin admin() {
        return admin;
    }

    /** Initializes the cluster, or finds that it is initialized, and waits until it serves. */
    public InitResult initialize(int nodes) throws InterruptedException {
        // An even number of nodes has no use for one more replica than the odd number below it.
        int replicationFactor = nodes % 2 == 1 ? nodes : nodes - 1;
        InitResult result = untilItWorks(() -> admin.init(replicationFactor, nodes));
        awaitServing();
        return result;
    }

    /** Waits until a node says that it serves. */
    public void awaitServing() throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMillis(patienceMillis).toNanos();
        while (!untilItWorks(admin::status).serving() && System.nanoTime() < deadline) {
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    /** Makes each of {@code keys} the first key of a range. */
    public void split(List<String> keys) throws InterruptedException {
        for (String key : keys) {
            untilItWorks(() -> admin.split(key.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** Makes {@code node} the leaseholder of the range that holds {@code key}, if it is not. */
    public void moveLease(String key, int node) throws InterruptedException {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        untilItWorks(() -> {
            boolean there = ranges(bytes).get(0).leaseholder() == node;
            return there || admin.transferLease(bytes, node).toNode() == node;
        });
    }

    private List<RangeStatus> ranges(byte[] key) {
        byte[] next = Arrays.copyOf(key, key.length + 1);
        return admin.ranges(key, next, false);
    }

    /** Calls {@code step} until it does not fail. The last failure is thrown when time is up. */
    public <T> T untilItWorks(Supplier<T> step) throws InterruptedException {
        return untilItWorks(patienceMillis, step);
    }

    /** As {@link #untilItWorks(Supplier)}, for so long at most. */
    public <T> T untilItWorks(long millisMax, Supplier<T> step) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMillis(millisMax).toNanos();
        while (true) {
            try {
                return step.get();
            } catch (FlotillaException notYet) {
                if (System.nanoTime() > deadline) {
                    throw notYet;
                }
                Thread.sleep(PAUSE_MILLIS);
            }
        }
    }

    @Override
    public void close() {
        admin.close();
    }
}
