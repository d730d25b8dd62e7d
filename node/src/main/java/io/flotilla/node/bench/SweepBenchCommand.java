package io.flotilla.node.bench;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.mvcc.VersionCodec;
import io.flotilla.node.mvcc.VersionSweep;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.RocksEngine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code flotilla bench sweep}: CPU per put of taking its predecessor away, where a range is swept when a part of what it holds was overwritten: the leaseholder's
 * looking, and what each replica does when it applies what was found. Compaction, on RocksDB's own threads, is not in it.
 */
@Command(
        name = "sweep",
        mixinStandardHelpOptions = true,
        description =
                "Measures what taking away old versions costs for each put: looking for them, and taking them away.")
final class SweepBenchCommand implements Callable<Integer> {
    private static final int KEYS = 100_000;
    private static final int VALUE_BYTES = 100;
    private static final int BATCH = 16;
    private static final int WARM_UP_ROUNDS = 2;
    private static final int PARTS_MAX = 1_000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the result here as JSON.")
    private @Nullable Path json;

    @Option(names = "--rounds", paramLabel = "N", description = "Sweeps that are measured (default ${DEFAULT-VALUE}).")
    private int rounds = 10;

    @Option(
            names = "--part",
            paramLabel = "N",
            description = "A sweep comes when so many a part of the keys was overwritten (default ${DEFAULT-VALUE}).")
    private int part = 2;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final Random random = new Random(1);
    private final Latencies looking = new Latencies();
    private final Latencies takingAway = new Latencies();
    private long versions;

    @Override
    public Integer call() throws IOException {
        if (rounds < 1 || part < 1 || part > PARTS_MAX) {
            throw new ParameterException(
                    spec.commandLine(), "--rounds must be at least 1, and --part between 1 and " + PARTS_MAX);
        }
        try (ScratchDirectory directory = ScratchDirectory.of("sweep");
                RocksEngine engine = new RocksEngine(directory.path())) {
            StateChecksum.Adding adding = new StateChecksum.Adding(engine);
            overwrite(engine, adding, KEYS, true);
            for (int i = 0; i < WARM_UP_ROUNDS + rounds; i++) {
                overwrite(engine, adding, KEYS / part, false);
                engine.flush();
                sweep(engine, adding, i >= WARM_UP_ROUNDS);
            }
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("schema", "flotilla.bench.sweep.v1");
            fields.put("sweeps", rounds);
            fields.put("look_us_per_put", perPut(looking));
            fields.put("take_away_us_per_put_and_replica", perPut(takingAway));
            BenchResult.tell(fields, json);
            return 0;
        }
    }

    private double perPut(Latencies ofSweeps) {
        return BenchResult.rounded(ofSweeps.micros(0.5) / (KEYS / part));
    }

    private void overwrite(Engine engine, StateChecksum.Adding adding, int count, boolean each) {
        for (int i = 0; i < count; i += BATCH) {
            try (Engine.Batch batch = engine.newBatch()) {
                Mutation.Target target = adding.to(batch);
                for (int j = i; j < Math.min(count, i + BATCH); j++) {
                    byte[] value = new byte[VALUE_BYTES];
                    random.nextBytes(value);
                    Key key = Key.of(String.format(Locale.ROOT, "key-%08d", each ? j : random.nextInt(KEYS)));
                    target.put(
                            Space.DATA,
                            MvccKeys.data(key, new Timestamp(++versions)),
                            VersionCodec.encode(new TxnId(1, versions), Value.wrap(value)));
                }
                write(engine, batch, adding);
            }
        }
    }

    private void sweep(Engine engine, StateChecksum.Adding adding, boolean counts) {
        VersionSweep look = new VersionSweep(engine, Span.ALL, new Timestamp(versions));
        long lookedNanos = 0;
        long takenNanos = 0;
        while (!look.isDone()) {
            long start = threads.getCurrentThreadCpuTime();
            List<Mutation.Garbage> found = look.step();
            long between = threads.getCurrentThreadCpuTime();
            try (Engine.Batch batch = engine.newBatch()) {
                adding.to(batch);
                VersionSweep.carryOut(engine, new Mutation.Sweep(new Timestamp(versions), 1, found), adding);
                write(engine, batch, adding);
            }
            lookedNanos += between - start;
            takenNanos += threads.getCurrentThreadCpuTime() - between;
        }
        if (counts) {
            looking.add(lookedNanos);
            takingAway.add(takenNanos);
        }
    }

    private static void write(Engine engine, Engine.Batch batch, StateChecksum.Adding adding) {
        engine.write(batch);
        adding.take();
        adding.written();
    }
}
