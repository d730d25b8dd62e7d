package io.flotilla.node.bench;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.MutationWriter;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.mvcc.VersionCodec;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.RocksEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla bench checksum}: what keeping up a replica's checksum costs where it is done, as entries are applied; with and without it by turns. */
@Command(
        name = "checksum",
        mixinStandardHelpOptions = true,
        description = "Measures what a replica's checksum adds to applying an entry: with it and without it, by turns.")
final class ChecksumBenchCommand implements Callable<Integer> {
    /** Entries that a replica applies in one batch when it is busy. */
    private static final int BATCH = 16;

    /** Batches of each kind before it is the other one's turn. */
    private static final int TURN = 200;

    private static final int VALUE_BYTES = 100;
    private static final int DISTINCT_KEYS = 100_000;
    private static final double WARM_UP_PART = 0.5;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the result here as JSON.")
    private @Nullable Path json;

    @Option(names = "--seconds", paramLabel = "S", description = "How long to measure (default ${DEFAULT-VALUE}).")
    private int seconds = 20;

    private final Random random = new Random(1);
    private long versions;

    @Override
    public Integer call() throws IOException {
        try (ScratchDirectory directory = ScratchDirectory.of("checksum");
                RocksEngine engine = new RocksEngine(directory.path())) {
            BenchResult.tell(measure(engine), json);
            return 0;
        }
    }

    private Map<String, Object> measure(RocksEngine engine) {
        StateChecksum.Adding adding = new StateChecksum.Adding(engine);
        Latencies with = new Latencies();
        Latencies without = new Latencies();
        long start = System.nanoTime();
        long warmNanos = (long) (WARM_UP_PART * seconds * 1e9);
        long endNanos = warmNanos + (long) (seconds * 1e9);
        while (System.nanoTime() - start < endNanos) {
            boolean counts = System.nanoTime() - start >= warmNanos;
            turn(engine, adding, counts ? with : new Latencies());
            turn(engine, null, counts ? without : new Latencies());
        }
        double perEntryWith = with.micros(0.5) / BATCH;
        double perEntryWithout = without.micros(0.5) / BATCH;
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("schema", "flotilla.bench.checksum.v1");
        fields.put("batches", with.count() + without.count());
        fields.put("apply_us_per_put_with", BenchResult.rounded(perEntryWith));
        fields.put("apply_us_per_put_without", BenchResult.rounded(perEntryWithout));
        fields.put("checksum_us_per_put", BenchResult.rounded(perEntryWith - perEntryWithout));
        return fields;
    }

    private void turn(RocksEngine engine, StateChecksum.@Nullable Adding adding, Latencies times) {
        for (int i = 0; i < TURN; i++) {
            List<byte[]> entries = entries();
            long start = System.nanoTime();
            try (Engine.Batch batch = engine.newBatch()) {
                Mutation.Target target = adding == null ? new Plain(batch) : adding.to(batch);
                for (byte[] entry : entries) {
                    Mutation.apply(entry, target);
                }
                engine.write(batch);
                if (adding != null) {
                    adding.take();
                    adding.written();
                }
            }
            times.add(System.nanoTime() - start);
        }
    }

    /** Single puts as their leaseholder writes them down: one new version each. */
    private List<byte[]> entries() {
        List<byte[]> entries = new ArrayList<>(BATCH);
        for (int i = 0; i < BATCH; i++) {
            byte[] value = new byte[VALUE_BYTES];
            random.nextBytes(value);
            Key key = Key.wrap(("key-" + random.nextInt(DISTINCT_KEYS)).getBytes(StandardCharsets.US_ASCII));
            MutationWriter writer = new MutationWriter();
            writer.put(
                    Space.DATA,
                    MvccKeys.data(key, new Timestamp(++versions)),
                    VersionCodec.encode(new TxnId(1, versions), Value.wrap(value)));
            entries.add(writer.toBytes());
        }
        return entries;
    }

    /** Writes and adds nothing up. */
    private record Plain(Engine.Batch batch) implements Mutation.Target {
        @Override
        public void put(Space space, byte[] key, byte[] value) {
            batch.put(space, key, value);
        }

        @Override
        public void replace(Space space, byte[] key, byte[] value) {
            batch.put(space, key, value);
        }

        @Override
        public void delete(Space space, byte[] key) {
            batch.delete(space, key);
        }
    }
}
