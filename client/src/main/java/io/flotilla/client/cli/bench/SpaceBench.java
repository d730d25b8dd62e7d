package io.flotilla.client.cli.bench;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.cli.local.Bootstrap;
import io.flotilla.client.cli.local.DiskUse;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.ProcessIo;
import io.flotilla.client.cli.local.ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the same keys over and over and looks every second at what each store takes on its disk, by allocated blocks; and at the end at what the servers
 * have had written, by Linux's own count.
 */
final class SpaceBench {
    private static final long PATIENCE_MILLIS = 120_000;
    private static final double LOAD_SECONDS_MAX = 3_600;
    private static final int WRITERS = 48;
    private static final int RANDOM_BYTES = 8 << 20;
    private static final long SAMPLE_MILLIS = 1_000;

    /** What overwriting has left is taken away, and what is to be compacted is compacted: sampled until it stays the same for so long. */
    private static final int SETTLED_SAMPLES = 20;

    private static final int SETTLE_SAMPLES_MAX = 180;
    private static final double SETTLED_PART = 0.01;
    private static final String STATE_THREADS = "rocksdb:";

    private final LocalCluster cluster;
    private final SpaceReport.Setting setting;
    private final Consumer<String> says;
    private final byte[] random = new byte[RANDOM_BYTES];
    private final int keys;
    private final AtomicLong written = new AtomicLong();
    private final List<SpaceReport.Sample> samples = new ArrayList<>();

    SpaceBench(LocalCluster cluster, SpaceReport.Setting setting, Consumer<String> says) {
        this.cluster = cluster;
        this.setting = setting;
        this.says = says;
        this.keys = (int) Math.max(setting.ranges(), setting.liveBytes() / (setting.valueBytes() + key(0).length));
        new Random(1).nextBytes(random);
    }

    SpaceReport run() throws IOException, InterruptedException {
        makeRanges();
        try (FlotillaClient client = FlotillaClient.builder()
                .endpoints(cluster.endpoints())
                .defaultDeadline(Duration.ofSeconds(60))
                .clientName("flotilla-bench")
                .build()) {
            write(client, keys, LOAD_SECONDS_MAX);
            SpaceReport.Sample loaded = sample();
            says.accept("loaded: " + loaded.shown());
            long userBefore = written.get();
            List<SpaceReport.Written> before = writes();
            long start = System.nanoTime();
            writeSampled(client);
            double seconds = (System.nanoTime() - start) / 1e9;
            long overwritten = written.get() - userBefore;
            SpaceReport.Sample ended = sample();
            says.accept("overwritten: " + ended.shown());
            SpaceReport.Sample settled = settle();
            List<SpaceReport.Written> after = writes();
            List<SpaceReport.Written> perNode = new ArrayList<>();
            for (int i = 0; i < after.size(); i++) {
                perNode.add(after.get(i).minus(before.get(i)));
            }
            return new SpaceReport(
                    setting,
                    liveBytes(),
                    overwritten,
                    seconds,
                    loaded,
                    SpaceReport.Sample.largest(samples),
                    settled,
                    perNode);
        }
    }

    private void makeRanges() throws InterruptedException {
        List<Bootstrap> gateways = new ArrayList<>();
        try {
            for (String endpoint : cluster.endpoints()) {
                gateways.add(new Bootstrap(List.of(endpoint), PATIENCE_MILLIS));
            }
            gateways.get(0).initialize(setting.nodes());
            if (setting.ranges() >= setting.nodes()) {
                new RangeMaker(gateways, setting.ranges()).make(made -> says.accept(made + " splits done"));
            }
        } finally {
            gateways.forEach(Bootstrap::close);
        }
    }

    private byte[] key(int i) {
        return (RangeMaker.key(i % setting.ranges()) + String.format(Locale.ROOT, "/%08d", i / setting.ranges()))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Keys and values, once. */
    private long liveBytes() {
        return (long) keys * (key(0).length + setting.valueBytes());
    }

    private void writeSampled(FlotillaClient client) throws IOException, InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
        Thread writing = new Thread(
                () -> {
                    try {
                        write(client, (long) keys * setting.overwrites(), setting.seconds());
                    } catch (RuntimeException failed) {
                        failure.set(failed);
                    } catch (InterruptedException stopped) {
                        Thread.currentThread().interrupt();
                    } finally {
                        done.set(true);
                    }
                },
                "bench-writing");
        writing.setDaemon(true);
        writing.start();
        while (!done.get()) {
            Thread.sleep(SAMPLE_MILLIS);
            samples.add(sample());
        }
        writing.join();
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    /** All keys one after the other, again and again; neighbours lie in different ranges. */
    private void write(FlotillaClient client, long count, double seconds) throws InterruptedException {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        AtomicLong next = new AtomicLong();
        AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
        Thread[] writers = new Thread[WRITERS];
        for (int i = 0; i < WRITERS; i++) {
            Random chosen = new Random(i);
            writers[i] = new Thread(
                    () -> {
                        try {
                            long at = next.getAndIncrement();
                            while (at < count && System.nanoTime() < end && failure.get() == null) {
                                put(client, key((int) (at % keys)), chosen);
                                at = next.getAndIncrement();
                            }
                        } catch (RuntimeException failed) {
                            failure.compareAndSet(null, failed);
                        }
                    },
                    "bench-writer-" + i);
            writers[i].setDaemon(true);
            writers[i].start();
        }
        for (Thread writer : writers) {
            writer.join();
        }
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    private void put(FlotillaClient client, byte[] key, Random chosen) {
        int from = chosen.nextInt(RANDOM_BYTES - setting.valueBytes());
        client.put(key, Arrays.copyOfRange(random, from, from + setting.valueBytes()));
        written.addAndGet(key.length + setting.valueBytes());
    }

    private SpaceReport.Sample settle() throws IOException, InterruptedException {
        SpaceReport.Sample last = sample();
        int same = 0;
        for (int i = 0; i < SETTLE_SAMPLES_MAX && same < SETTLED_SAMPLES; i++) {
            Thread.sleep(SAMPLE_MILLIS);
            SpaceReport.Sample next = sample();
            samples.add(next);
            double change = Math.abs(next.worstBytes() - last.worstBytes());
            if (change <= SETTLED_PART * last.worstBytes()) {
                same++;
            } else {
                same = 0;
                last = next;
            }
        }
        return sample();
    }

    private SpaceReport.Sample sample() throws IOException, InterruptedException {
        List<Long> all = new ArrayList<>();
        List<Long> log = new ArrayList<>();
        List<Long> state = new ArrayList<>();
        for (ServerProcess server : cluster.servers()) {
            Path data = server.spec().dataDirectory();
            List<Long> use = DiskUse.of(List.of(data, data.resolve("log"), data.resolve("state")));
            all.add(use.get(0));
            log.add(use.get(1));
            state.add(use.get(2));
        }
        return new SpaceReport.Sample(all, log, state);
    }

    private List<SpaceReport.Written> writes() throws IOException {
        List<SpaceReport.Written> each = new ArrayList<>();
        for (long pid : cluster.pids()) {
            each.add(new SpaceReport.Written(ProcessIo.writtenBytes(pid), ProcessIo.writtenBytes(pid, STATE_THREADS)));
        }
        return each;
    }
}
