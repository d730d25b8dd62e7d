package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.time.HybridClock;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Brings batches to where their keys live, and hides from its callers that ranges split, leases move and messages get lost.
 *
 * <p>A batch within one cached range costs one look-up and one message. Any other is cut at the borders, its parts go out together (a
 * scan: one after the other), and their replies are joined. Refusals teach the {@link RangeCache}. What a batch may have executed is
 * sent again only if that cannot execute it twice.
 *
 * <p>Threading: any thread; runs in the caller's and in those of the link's callbacks and the scheduler. Takes no lock unless a range is
 * not in the cache. Times: {@link io.flotilla.config.kv.KvHeader#timeoutMicros} counts from the call of {@link #send}.
 *
 * <p>Errors made here: {@code Unavailable} (which replicas answered what is in its detail), {@code DeadlineExceeded} in phase ROUTE.
 */
public final class Router implements KvSender {
    private final RouteContext context;

    /**
     * @param cache must hold the meta range's descriptor before anything can be routed
     * @param self this node: its replica is asked first if no leaseholder is known
     */
    public Router(
            ReplicaLink link,
            RangeCache cache,
            NodeId self,
            HybridClock clock,
            Scheduler scheduler,
            RoutingSettings settings) {
        Random jitter = new Random(settings.seed());
        this.context = new RouteContext(
                link, cache, new MetaLookups(scheduler, settings), self, clock, scheduler, settings, jitter);
    }

    @Override
    public void send(KvBatch batch, Consumer<KvReply> callback) {
        long deadline = context.nowMicros() + batch.header().timeoutMicros();
        new Delivery(context, batch, deadline, false, callback).route();
    }
}
