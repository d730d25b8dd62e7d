package io.flotilla.range.routing;

import static java.util.Objects.requireNonNull;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.time.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Three nodes with replicas of every range, one table of data. Answers come after a little virtual time. */
final class FakeCluster implements ReplicaLink {
    static final long LATENCY_MICROS = 100;

    record Sent(NodeId node, RangeRequest request, long at) {}

    final List<Sent> sent = new ArrayList<>();
    final Map<RangeId, RangeDescriptor> truth = new TreeMap<>();
    final Map<RangeId, NodeId> leaseholders = new TreeMap<>();
    final TreeMap<Key, Value> data = new TreeMap<>();
    private final Scheduler scheduler;

    /** Says what a node answers before anything is looked at; null for nothing special. */
    BiFunction<NodeId, RangeRequest, @Nullable RangeReply> script = (node, request) -> null;

    FakeCluster(Scheduler scheduler, RangeDescriptor... ranges) {
        this.scheduler = scheduler;
        put(Ranges.META);
        for (RangeDescriptor range : ranges) {
            put(range);
        }
    }

    void put(RangeDescriptor range) {
        truth.put(range.id(), range);
        leaseholders.putIfAbsent(range.id(), Ranges.N1);
        data.put(KeySpace.meta(range.span().end()), Value.wrap(RangeDescriptorCodec.encode(range)));
    }

    /** Splits the range that holds {@code at}. */
    void split(String at, long newId) {
        Key key = Ranges.key(at);
        for (RangeDescriptor old : List.copyOf(truth.values())) {
            if (old.span().contains(key)) {
                Span left = new Span(old.span().start(), key);
                Span right = new Span(key, old.span().end());
                put(new RangeDescriptor(old.id(), old.generation() + 1, left, old.replicas(), 4));
                leaseholders.put(new RangeId(newId), leaseholders.get(old.id()));
                put(new RangeDescriptor(new RangeId(newId), old.generation() + 1, right, old.replicas(), 4));
            }
        }
    }

    List<String> targets() {
        List<String> targets = new ArrayList<>();
        for (Sent each : sent) {
            targets.add(each.node() + ":" + each.request().range() + "@"
                    + each.request().generation());
        }
        return targets;
    }

    @Override
    public void send(NodeId node, RangeRequest request, Consumer<RangeReply> callback) {
        sent.add(new Sent(node, request, scheduler.nowMicros()));
        scheduler.schedule(LATENCY_MICROS, () -> {
            RangeReply scripted = script.apply(node, request);
            callback.accept(scripted != null ? scripted : answer(node, request));
        });
    }

    /** A copy that was held up somewhere comes to its replica after all, which leads again; nobody waits for the answer. */
    void arrivesLate(Sent copy) {
        leaseholders.put(copy.request().range(), copy.node());
        answer(copy.node(), copy.request());
    }

    private RangeReply answer(NodeId node, RangeRequest request) {
        RangeDescriptor range = truth.get(request.range());
        if (range == null) {
            return new RangeReply.RangeUnknown();
        }
        NodeId leaseholder = leaseholders.getOrDefault(request.range(), NodeId.NONE);
        if (!node.equals(leaseholder)) {
            return new RangeReply.NotLeaseholder(leaseholder);
        }
        if (request.generation() != range.generation() || !Cut.fits(request.batch(), range.span())) {
            return new RangeReply.RangeMismatch(List.copyOf(truth.values()));
        }
        return new RangeReply.Served(evaluate(node, request.batch()));
    }

    private KvReply evaluate(NodeId node, KvBatch batch) {
        Timestamp timestamp = batch.header().timestamp();
        List<KvResult> results = new ArrayList<>();
        for (KvOp op : batch.ops()) {
            if (op instanceof KvOp.Get get) {
                results.add(new KvResult.Got(data.get(get.key()), timestamp));
            } else if (op instanceof KvOp.Scan scan) {
                results.add(scan(scan));
            } else if (op instanceof KvOp.Put put) {
                data.put(put.key(), put.value());
                results.add(KvResult.Acknowledged.INSTANCE);
            } else if (op instanceof KvOp.CompareAndSet cas) {
                if (!Objects.equals(cas.expected(), data.get(cas.key()))) {
                    return new KvReply.Refused(new KvError.ConditionFailed(cas.key(), data.get(cas.key())));
                }
                data.put(cas.key(), requireNonNull(cas.value()));
                results.add(KvResult.Acknowledged.INSTANCE);
            } else {
                results.add(KvResult.Acknowledged.INSTANCE);
            }
        }
        return new KvReply.Done(results, timestamp, List.of(new Observed(node, new Timestamp(5))));
    }

    private KvResult scan(KvOp.Scan scan) {
        List<KvResult.Row> rows = new ArrayList<>();
        long bytes = 0;
        for (Map.Entry<Key, Value> entry :
                data.subMap(scan.span().start(), scan.span().end()).entrySet()) {
            if (rows.size() == scan.rowsMax() || bytes >= scan.bytesMax()) {
                return new KvResult.Scanned(rows, entry.getKey());
            }
            rows.add(new KvResult.Row(entry.getKey(), entry.getValue()));
            bytes += entry.getKey().length() + entry.getValue().length();
        }
        return new KvResult.Scanned(rows, null);
    }
}
