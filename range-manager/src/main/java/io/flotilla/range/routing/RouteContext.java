package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.HybridClock;
import java.util.Random;

/** What all trips of one router share. The random source is thread-safe and used only to spread retries. */
record RouteContext(
        ReplicaLink link,
        RangeCache cache,
        MetaLookups lookups,
        NodeId self,
        HybridClock clock,
        Scheduler scheduler,
        RoutingSettings settings,
        Random jitter) {

    long nowMicros() {
        return scheduler.nowMicros();
    }

    /** Full jitter: anything from one microsecond to the bound. */
    long jittered(long boundMicros) {
        return 1 + (long) (jitter.nextDouble() * boundMicros);
    }
}
