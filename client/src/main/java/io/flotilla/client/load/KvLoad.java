package io.flotilla.client.load;

import io.flotilla.client.FlotillaClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Gets and puts of single keys. One use per object. */
public final class KvLoad {
    private static final int ROWS_PER_TXN = 500;
    private static final int BYTES_PER_TXN = 1024 * 1024;

    private final FlotillaClient client;
    private final KvOptions kv;
    private final LoadRun load;

    public KvLoad(FlotillaClient client, KvOptions kv, LoadOptions load) {
        this.client = client;
        this.kv = kv;
        this.load = new LoadRun(load);
    }

    /** The keys at which to split so that {@code ranges} ranges share the load evenly; one fewer than {@code ranges}. */
    public static List<String> splitKeys(KvOptions kv, int ranges) {
        List<String> keys = new ArrayList<>();
        for (int i = 1; i < ranges; i++) {
            keys.add(key(kv, (int) ((long) kv.keys() * i / ranges)));
        }
        return keys;
    }

    private static String key(KvOptions kv, int i) {
        return String.format(Locale.ROOT, "%s/%08d", kv.prefix(), i);
    }

    /** Writes every key once. */
    public void init() {
        SplittableRandom random = new SplittableRandom(0);
        int rows = Math.max(1, Math.min(ROWS_PER_TXN, BYTES_PER_TXN / (kv.valueBytes() + 1)));
        for (int from = 0; from < kv.keys(); from += rows) {
            int first = from;
            int end = Math.min(kv.keys(), from + rows);
            client.transact(tx -> {
                for (int i = first; i < end; i++) {
                    tx.put(key(kv, i), value(random));
                }
                return true;
            });
        }
    }

    /** Runs until the options or {@link #stop} end it. {@code onSample} is called once a second by one thread. */
    public LoadSummary run(Consumer<Sample> onSample) {
        return load.run(i -> this::step, onSample);
    }

    /** Ends {@link #run} early; from any thread. */
    public void stop() {
        load.stop();
    }

    private long step(SplittableRandom random) {
        String key = key(kv, random.nextInt(kv.keys()));
        if (random.nextInt(100) < kv.readPercent()) {
            client.get(key);
        } else {
            client.put(key, value(random));
        }
        return 1;
    }

    private byte[] value(SplittableRandom random) {
        byte[] value = new byte[kv.valueBytes()];
        random.nextBytes(value);
        return value;
    }
}
