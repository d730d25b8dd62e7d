package io.flotilla.range.routing;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A scan across range borders: from range to range in key order, so that its limits hold and nothing is read in vain, all at one timestamp.
 * Only the first range may move that timestamp; from then on something has been read.
 */
final class ScanWalk {
    private final RouteContext context;
    private final KvOp.Scan scan;
    private final long deadlineMicros;
    private final Consumer<KvReply> callback;

    private final List<KvResult.Row> rows = new ArrayList<>();
    private final List<Observed> observed = new ArrayList<>();
    private KvHeader header;
    private Key position;
    private long bytesLeft;

    ScanWalk(RouteContext context, KvHeader header, KvOp.Scan scan, long deadlineMicros, Consumer<KvReply> callback) {
        this.context = context;
        this.header = header;
        this.scan = scan;
        this.deadlineMicros = deadlineMicros;
        this.callback = callback;
        this.position = scan.span().start();
        this.bytesLeft = scan.bytesMax();
    }

    void step() {
        Key last = scan.span().end();
        CachedRange range = context.cache().find(position);
        // What is not in the cache goes as one piece; whoever delivers it looks it up and, if need be, walks it.
        Key end = range == null || range.span().end().compareTo(last) > 0
                ? last
                : range.span().end();
        KvOp segment =
                new KvOp.Scan(new Span(position, end), scan.rowsMax() - rows.size(), bytesLeft, scan.inconsistent());
        KvBatch batch = new KvBatch(header, List.of(segment));
        new Delivery(context, batch, deadlineMicros, false, reply -> answered(end, reply)).route();
    }

    private void answered(Key end, KvReply reply) {
        if (!(reply instanceof KvReply.Done done)) {
            callback.accept(reply);
            return;
        }
        Invariant.check(
                done.results().size() == 1,
                "a scan must have one result",
                done.results().size(),
                1);
        KvResult.Scanned scanned = (KvResult.Scanned) done.results().get(0);
        for (KvResult.Row row : scanned.rows()) {
            rows.add(row);
            bytesLeft -= row.key().length() + (long) row.value().length();
        }
        Join.addFirstSeen(observed, done.observed());
        header = Cut.unmoved(header.at(done.timestamp()));
        Key resume = scanned.resume();
        if (resume != null) {
            finish(done.timestamp(), resume);
        } else if (end.equals(scan.span().end())) {
            finish(done.timestamp(), null);
        } else if (rows.size() >= scan.rowsMax() || bytesLeft <= 0) {
            finish(done.timestamp(), end);
        } else {
            position = end;
            step();
        }
    }

    private void finish(Timestamp timestamp, @Nullable Key resume) {
        callback.accept(new KvReply.Done(List.of(new KvResult.Scanned(rows, resume)), timestamp, observed));
    }
}
