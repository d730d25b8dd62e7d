package io.flotilla.range.routing;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.time.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A batch that does not fit one cached range: cut at the borders, sent in parts, joined again.
 *
 * <p>All parts read at one timestamp. If one of them would have to move and the batch may be moved, the whole batch is read again at the later
 * timestamp, because the other parts have read at the earlier one.
 */
final class Cut {
    private final RouteContext context;
    private final KvBatch batch;
    private final long deadlineMicros;
    private final boolean maybeExecuted;
    private final Consumer<KvReply> callback;

    private Cut(
            RouteContext context,
            KvBatch batch,
            long deadlineMicros,
            boolean maybeExecuted,
            Consumer<KvReply> callback) {
        this.context = context;
        this.batch = batch;
        this.deadlineMicros = deadlineMicros;
        this.maybeExecuted = maybeExecuted;
        this.callback = callback;
    }

    /** Whether all operations lie within {@code span}. */
    static boolean fits(KvBatch batch, Span span) {
        List<KvOp> ops = batch.ops();
        for (int i = 0; i < ops.size(); i++) {
            KvOp op = ops.get(i);
            Span ranged = rangedSpan(op);
            if (ranged == null ? !span.contains(op.key()) : !span.contains(ranged)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a batch that may have been executed can be sent again: replicas recognise a transaction's own writes, and operations on
     * records and intents change nothing the second time.
     */
    static boolean mayRepeat(KvBatch batch) {
        if (batch.header().txn().isPresent()) {
            return true;
        }
        for (KvOp op : batch.ops()) {
            if (op instanceof KvOp.DataWrite || op instanceof KvOp.EndTxn) {
                return false;
            }
        }
        return true;
    }

    static void start(
            RouteContext context,
            KvBatch batch,
            long deadlineMicros,
            boolean maybeExecuted,
            Consumer<KvReply> callback) {
        KvHeader header = batch.header();
        if (!header.timestamp().isSet()) {
            // No single leaseholder can choose for all, so this node does, and so takes on the uncertainty of its own
            // clock.
            Timestamp now = context.clock().now();
            Timestamp limit =
                    batch.isReadOnly() ? now.plusMicros(context.clock().maxOffsetMicros()) : header.uncertaintyLimit();
            header = new KvHeader(
                    now, limit, header.observed(), header.txn(), header.forwardable(), header.timeoutMicros());
        }
        KvBatch fixed = new KvBatch(header, batch.ops());
        new Cut(context, fixed, deadlineMicros, maybeExecuted, callback).run();
    }

    private void run() {
        List<Part> parts = cut();
        KvHeader header = batch.header();
        if (parts.size() > 1 && readsData()) {
            header = unmoved(header);
        }
        Join join = new Join(batch, parts, this::joined);
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            int at = i;
            Consumer<KvReply> answered = reply -> join.answered(at, reply);
            if (part.crossing) {
                KvOp.Scan scan = (KvOp.Scan) part.ops.get(0);
                new ScanWalk(context, header, scan, deadlineMicros, answered).step();
            } else {
                KvBatch cut = new KvBatch(header, part.ops);
                new Delivery(context, cut, deadlineMicros, maybeExecuted, answered).route();
            }
        }
    }

    private void joined(KvReply reply) {
        KvHeader header = batch.header();
        if (reply instanceof KvReply.Refused refused
                && refused.error() instanceof KvError.ReadUncertain uncertain
                && header.forwardable()
                && batch.isReadOnly()
                && uncertain.to().isAfter(header.timestamp())
                && context.nowMicros() < deadlineMicros) {
            KvBatch later = new KvBatch(header.at(uncertain.to()), batch.ops());
            new Delivery(context, later, deadlineMicros, maybeExecuted, callback).route();
        } else {
            callback.accept(reply);
        }
    }

    private List<Part> cut() {
        List<Part> parts = new ArrayList<>();
        List<KvOp> ops = batch.ops();
        for (int i = 0; i < ops.size(); i++) {
            KvOp op = ops.get(i);
            CachedRange range = context.cache().find(op.key());
            Span span = rangedSpan(op);
            if (span == null || (range != null && range.span().contains(span))) {
                partFor(parts, range).add(op, i);
            } else if (op instanceof KvOp.Refresh refresh) {
                cutRefresh(parts, refresh, i);
            } else {
                Part crossing = new Part(null, true);
                crossing.add(op, i);
                parts.add(crossing);
            }
        }
        return parts;
    }

    private void cutRefresh(List<Part> parts, KvOp.Refresh refresh, int op) {
        Key end = refresh.span().end();
        Key from = refresh.span().start();
        while (from.compareTo(end) < 0) {
            CachedRange range = context.cache().find(from);
            // What is not in the cache goes as one piece; whoever delivers it looks it up and cuts again.
            Key to = range == null || range.span().end().compareTo(end) > 0
                    ? end
                    : range.span().end();
            partFor(parts, range).add(new KvOp.Refresh(new Span(from, to), refresh.from()), op);
            from = to;
        }
    }

    /** One part per range, and one for all that is not in the cache. Neighbours usually share a range. */
    private static Part partFor(List<Part> parts, @Nullable CachedRange range) {
        for (int i = parts.size() - 1; i >= 0; i--) {
            Part part = parts.get(i);
            if (!part.crossing && part.range == range) {
                return part;
            }
        }
        Part part = new Part(range, false);
        parts.add(part);
        return part;
    }

    private boolean readsData() {
        for (KvOp op : batch.ops()) {
            if (op instanceof KvOp.Get || op instanceof KvOp.Scan) {
                return true;
            }
        }
        return false;
    }

    /** The same header for a reader that may not be moved by itself. */
    static KvHeader unmoved(KvHeader header) {
        return new KvHeader(
                header.timestamp(),
                header.uncertaintyLimit(),
                header.observed(),
                header.txn(),
                false,
                header.timeoutMicros());
    }

    private static @Nullable Span rangedSpan(KvOp op) {
        if (op instanceof KvOp.Scan scan) {
            return scan.span();
        }
        return op instanceof KvOp.Refresh refresh ? refresh.span() : null;
    }

    /** Operations that go together, and their places in the whole batch. */
    static final class Part {
        private final @Nullable CachedRange range;
        private final boolean crossing;
        private final List<KvOp> ops = new ArrayList<>();
        private final List<Integer> places = new ArrayList<>();

        private Part(@Nullable CachedRange range, boolean crossing) {
            this.range = range;
            this.crossing = crossing;
        }

        private void add(KvOp op, int place) {
            ops.add(op);
            places.add(place);
        }

        List<Integer> places() {
            return places;
        }
    }
}
