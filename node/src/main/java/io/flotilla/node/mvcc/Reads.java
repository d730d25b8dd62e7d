package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.Evaluation.Blocked;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates the reads of a batch, all at one timestamp: the newest versions at or below it, unless an intent is in the way or a version just above
 * may have been written before the reader began (HLC §5, CockroachDB's uncertainty interval).
 */
final class Reads {
    private final Work work;

    /** Versions in (work.at, this] are uncertain; ZERO if none can be. */
    private final Timestamp uncertainUpTo;

    /** Those that were moved are uncertain up to here: where they stand tells nothing of when they were written. */
    private final Timestamp movedUpTo;

    /** Above {@code work.at}: everything must be read again there. */
    private Timestamp needed = Timestamp.ZERO;

    Reads(Work work) {
        this.work = work;
        this.uncertainUpTo = uncertainUpTo(work);
        this.movedUpTo = uncertainUpTo.isSet() ? work.header.uncertaintyLimit() : Timestamp.ZERO;
    }

    static boolean isRead(KvOp op) {
        return op instanceof KvOp.Get || op instanceof KvOp.Scan || op instanceof KvOp.Refresh;
    }

    static boolean areAll(List<KvOp> ops) {
        for (int i = 0; i < ops.size(); i++) {
            if (!isRead(ops.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Evaluates all reads at {@code work.at}, moving that up if need be; null if all went well, else the answer to the batch. */
    @Nullable
    Evaluation evaluate() {
        while (true) {
            Evaluation stop = evaluateOnce();
            if (stop != null || !needed.isAfter(work.at)) {
                return stop;
            }
            work.at = needed;
            work.forgetProtections();
        }
    }

    private @Nullable Evaluation evaluateOnce() {
        List<KvOp> ops = work.ops;
        for (int i = 0; i < ops.size(); i++) {
            KvOp op = ops.get(i);
            Evaluation stop = null;
            if (op instanceof KvOp.Get get) {
                stop = get(i, get.key());
            } else if (op instanceof KvOp.Scan scan) {
                stop = scan(i, scan);
            } else if (op instanceof KvOp.Refresh refresh) {
                stop = refresh(i, refresh);
            }
            if (stop != null) {
                return stop;
            }
        }
        return null;
    }

    private @Nullable Evaluation get(int index, Key key) {
        Timestamp upTo = work.at.max(uncertainUpTo);
        KeyCache.Standing standing = work.reader.standing(key);
        Intent intent = standing.intent();
        if (intent != null) {
            if (intent.txn().id().equals(work.own)) {
                work.result(index, new KvResult.Got(intent.value(), intent.timestamp()));
                work.protect(Span.of(key), work.at, work.own);
                return null;
            }
            if (!intent.timestamp().isAfter(upTo)) {
                return new Blocked(key, intent.txn(), intent.timestamp());
            }
        }
        Version version = work.reader.version(key, standing, upTo, work.at.max(movedUpTo));
        if (version == null) {
            work.result(index, new KvResult.Got(null, Timestamp.ZERO));
        } else {
            Evaluation stop = checkCertain(key, version);
            if (stop != null) {
                return stop;
            }
            work.result(index, new KvResult.Got(version.value(), version.timestamp()));
        }
        work.protect(Span.of(key), work.at, work.own);
        return null;
    }

    private @Nullable Evaluation scan(int index, KvOp.Scan scan) {
        Timestamp upTo = work.at.max(uncertainUpTo);
        List<KvResult.Row> rows = new ArrayList<>();
        long bytes = 0;
        Key resume = null;
        try (SpanWalk walk = work.reader.walk(scan.span())) {
            for (Key key = walk.key(); key != null; key = walk.key()) {
                if (rows.size() >= scan.rowsMax() || bytes >= scan.bytesMax()) {
                    resume = key;
                    break;
                }
                Intent intent = walk.intent();
                boolean own = intent != null && intent.txn().id().equals(work.own);
                if (intent != null
                        && !own
                        && !scan.inconsistent()
                        && !intent.timestamp().isAfter(upTo)) {
                    return new Blocked(key, intent.txn(), intent.timestamp());
                }
                Version version = own ? null : walk.version(upTo, work.at.max(movedUpTo));
                if (version != null) {
                    Evaluation stop = checkCertain(key, version);
                    if (stop != null) {
                        return stop;
                    }
                }
                Value value = null;
                if (own && intent != null) {
                    value = intent.value();
                } else if (version != null) {
                    value = version.value();
                }
                if (value != null) {
                    rows.add(new KvResult.Row(key, value));
                    bytes += key.length() + value.length();
                }
                walk.advance();
            }
        }
        work.result(index, new KvResult.Scanned(rows, resume));
        Span seen = resume == null ? scan.span() : new Span(scan.span().start(), resume);
        if (!scan.inconsistent()) {
            work.protect(seen, work.at, work.own);
        }
        return null;
    }

    private @Nullable Evaluation refresh(int index, KvOp.Refresh refresh) {
        try (SpanWalk walk = work.reader.walk(refresh.span())) {
            for (Key key = walk.key(); key != null; key = walk.key()) {
                Intent intent = walk.intent();
                boolean provisional = intent != null
                        && !intent.txn().id().equals(work.own)
                        && !intent.timestamp().isAfter(work.at);
                if (provisional || walk.changedByOthers(refresh.from(), work.at, work.own)) {
                    return Work.refused(new KvError.RefreshFailed(key));
                }
                walk.advance();
            }
        }
        work.result(index, KvResult.Acknowledged.INSTANCE);
        work.protect(refresh.span(), work.at, work.own);
        return null;
    }

    /** Null if {@code version} is one to read, or the read may simply move up to it; else the refusal. */
    private @Nullable Evaluation checkCertain(Key key, Version version) {
        if (!version.timestamp().isAfter(work.at) || version.txn().equals(work.own)) {
            return null;
        }
        if (work.mayMove()) {
            needed = needed.max(version.timestamp());
            return null;
        }
        Timestamp to = version.timestamp().max(work.context.now());
        return Work.refused(new KvError.ReadUncertain(key, to));
    }

    private static Timestamp uncertainUpTo(Work work) {
        Timestamp limit = work.header.uncertaintyLimit();
        if (!limit.isSet() || !work.header.timestamp().isSet()) {
            return Timestamp.ZERO; // read at this leaseholder's own clock: everything acknowledged is below it
        }
        List<Observed> observed = work.header.observed();
        for (int i = 0; i < observed.size(); i++) {
            if (observed.get(i).node().equals(work.context.node())) {
                // Says something only of what was written here: an earlier leaseholder's clock may have been ahead.
                limit = limit.min(observed.get(i).at().max(work.context.since()));
            }
        }
        return limit;
    }
}
