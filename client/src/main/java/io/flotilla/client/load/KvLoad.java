package io.flotilla.client.load;

import io.flotilla.client.FlotillaClient;
import java.util.List;
import java.util.function.Consumer;

/** Gets and puts of single keys. One use per object. */
public final class KvLoad {
    public KvLoad(FlotillaClient client, KvOptions kv, LoadOptions load) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** The keys at which to split so that {@code ranges} ranges share the load evenly; one fewer than {@code ranges}. */
    public static List<String> splitKeys(KvOptions kv, int ranges) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Writes every key once. */
    public void init() {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Runs until the options or {@link #stop} end it. {@code onSample} is called once a second by one thread. */
    public LoadSummary run(Consumer<Sample> onSample) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Ends {@link #run} early; from any thread. */
    public void stop() {}
}
