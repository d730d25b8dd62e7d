package io.flotilla.range.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import java.util.ArrayList;
import java.util.List;

/** A router on node 2 before a fake cluster of four ranges whose borders are g, n and t. */
final class RouterFixture {
    static final long TIMEOUT_MICROS = 1_000_000;

    final VirtualScheduler scheduler = new VirtualScheduler();
    final FakeCluster cluster = new FakeCluster(
            scheduler,
            Ranges.range(2, 1, "", "g"),
            Ranges.range(3, 1, "g", "n"),
            Ranges.range(4, 1, "n", "t"),
            Ranges.range(5, 1, "t", ""));
    final RangeCache cache = new RangeCache();
    final HybridClock clock = new HybridClock(() -> Timestamp.EPOCH_MICROS + scheduler.nowMicros(), 250_000);
    final Router router = new Router(cluster, cache, Ranges.N2, clock, scheduler, RoutingSettings.standard(1));

    RouterFixture() {
        cache.insert(Ranges.META);
    }

    /** With all ranges and leaseholders known. */
    static RouterFixture warm() {
        RouterFixture fixture = new RouterFixture();
        for (RangeDescriptor range : fixture.cluster.truth.values()) {
            fixture.cache.insert(range);
            Ranges.cached(fixture.cache, range.span().start()).learnLeaseholder(Ranges.N1);
        }
        return fixture;
    }

    static KvOp get(String key) {
        return new KvOp.Get(Ranges.key(key));
    }

    static KvOp put(String key, String value) {
        return new KvOp.Put(Ranges.key(key), Value.of(value));
    }

    static KvBatch batch(KvOp... ops) {
        return new KvBatch(KvHeader.standalone(TIMEOUT_MICROS), List.of(ops));
    }

    static KvBatch transactional(KvOp... ops) {
        Key anchor = ops[0].key();
        TxnMeta txn = new TxnMeta(new TxnId(1, 2), anchor, new Timestamp(50), 50);
        KvHeader header = new KvHeader(new Timestamp(100), Timestamp.ZERO, List.of(), txn, false, TIMEOUT_MICROS);
        return new KvBatch(header, List.of(ops));
    }

    /** The one reply, which must come at the latest when the batch's time is up. */
    KvReply send(KvBatch batch) {
        List<KvReply> replies = new ArrayList<>();
        router.send(batch, replies::add);
        scheduler.advance(batch.header().timeoutMicros() + 2 * FakeCluster.LATENCY_MICROS);
        assertThat(replies).hasSize(1);
        scheduler.advance(10 * batch.header().timeoutMicros());
        assertThat(replies).hasSize(1);
        return replies.get(0);
    }

    KvReply.Done done(KvBatch batch) {
        KvReply reply = send(batch);
        assertThat(reply).isInstanceOf(KvReply.Done.class);
        return (KvReply.Done) reply;
    }

    KvError refused(KvBatch batch) {
        KvReply reply = send(batch);
        assertThat(reply).isInstanceOf(KvReply.Refused.class);
        return ((KvReply.Refused) reply).error();
    }
}
