package io.flotilla.node.grpc;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.v1.TxnContext;
import java.util.ArrayList;
import java.util.List;

/** A transaction's context: read from a request, made into a batch header, and carried forward by the answer. */
record TxnReads(TxnId id, Timestamp readTimestamp, Timestamp uncertaintyLimit, List<Observed> observed) {
    /** The context of a request; the first read of a transaction gets its timestamp here. */
    static TxnReads begin(TxnContext context, HybridClock clock) {
        if (context.getReadTimestamp() == 0) {
            Timestamp now = clock.now();
            return new TxnReads(
                    idOf(context),
                    now,
                    now.plusMicros(clock.maxOffsetMicros()),
                    Wire.observed(context.getObservedList()));
        }
        return resume(context, clock);
    }

    /** The context of a request that may follow no read at all: its timestamp is then zero. */
    static TxnReads resume(TxnContext context, HybridClock clock) {
        Timestamp readTimestamp = Wire.timestamp("read_timestamp", context.getReadTimestamp());
        checkNotAhead("read_timestamp", readTimestamp, clock);
        return new TxnReads(
                idOf(context),
                readTimestamp,
                Wire.timestamp("uncertainty_limit", context.getUncertaintyLimit()),
                Wire.observed(context.getObservedList()));
    }

    /** A client need not say who reads. */
    private static TxnId idOf(TxnContext context) {
        return new TxnId(context.getId().getHigh(), context.getId().getLow());
    }

    /** A read far in the future would keep everybody from writing until then. */
    static void checkNotAhead(String what, Timestamp timestamp, HybridClock clock) {
        if (!clock.update(timestamp)) {
            throw Refusal.invalid(what + " " + timestamp + " is ahead of this node's clock by more than the bound");
        }
    }

    KvHeader header(boolean forwardable, long timeoutMicros) {
        return new KvHeader(readTimestamp, uncertaintyLimit, observed, reader(), forwardable, timeoutMicros);
    }

    /** Who reads: the id makes the reads its own; it has written nothing yet, and outranks nobody. */
    TxnMeta reader() {
        return id.equals(TxnId.NONE) ? TxnMeta.NONE : new TxnMeta(id, Key.MIN, readTimestamp, Long.MAX_VALUE);
    }

    /** The context for the next request: each node's clock as it was first observed. */
    TxnContext after(Timestamp evaluatedAt, List<Observed> added) {
        TxnContext.Builder context = TxnContext.newBuilder()
                .setId(Wire.txnId(id))
                .setReadTimestamp(evaluatedAt.packed())
                .setUncertaintyLimit(uncertaintyLimit.packed());
        List<NodeId> nodes = new ArrayList<>(observed.size() + added.size());
        append(context, nodes, observed);
        append(context, nodes, added);
        return context.build();
    }

    private static void append(TxnContext.Builder context, List<NodeId> nodes, List<Observed> readings) {
        for (Observed reading : readings) {
            if (!nodes.contains(reading.node())) {
                nodes.add(reading.node());
                context.addObserved(io.flotilla.v1.Observed.newBuilder()
                        .setNode(reading.node().value())
                        .setTimestamp(reading.at().packed()));
            }
        }
    }
}
