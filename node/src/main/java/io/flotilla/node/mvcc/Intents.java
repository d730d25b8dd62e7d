package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.storage.Engine.Space;
import java.util.HashSet;
import java.util.Set;

/** Evaluates what recoverers and cleaners ask about single intents. */
final class Intents {
    /** A committed write of the transaction that is recovered stands at the queried timestamp itself; a few more cost nothing. */
    private static final int QUERIED_VERSIONS_MAX = 8;

    private final Work work;

    /** By this batch; the engine still shows them. */
    private final Set<Key> resolved = new HashSet<>();

    Intents(Work work) {
        this.work = work;
    }

    void query(int index, KvOp.QueryIntent query) {
        Key key = query.key();
        Intent intent = work.reader.intent(key);
        boolean present = intent != null
                && intent.txn().id().equals(query.id())
                && !intent.timestamp().isAfter(query.timestamp());
        if (!present) {
            present = work.reader
                    .committedBy(query.id(), key, Timestamp.ZERO, query.timestamp(), QUERIED_VERSIONS_MAX)
                    .isSet();
        }
        if (!present) {
            // Nor can it be a version that was overwritten and swept away: a record says COMMITTED before any of its
            // writes becomes one, and the answer counts only while it says STAGING. As if read by nobody in particular:
            // the write, should it still come, must go above and so misses its STAGING timestamp.
            work.protect(Span.of(key), query.timestamp(), TxnId.NONE);
        }
        work.result(index, new KvResult.IntentQueried(present));
    }

    void resolve(int index, KvOp.ResolveIntent resolve) {
        Key key = resolve.key();
        Intent intent = resolved.contains(key) ? null : work.reader.intent(key);
        if (intent != null && intent.txn().id().equals(resolve.id())) {
            resolved.add(key);
            MutationWriter writes = work.writes();
            if (resolve.status() == TxnStatus.COMMITTED) {
                Invariant.check(
                        !intent.timestamp().isAfter(resolve.timestamp()),
                        "an intent commits at or above its timestamp",
                        intent.timestamp(),
                        resolve.timestamp());
                writes.put(
                        Space.DATA,
                        MvccKeys.data(key, resolve.timestamp()),
                        VersionCodec.encode(
                                resolve.id(),
                                intent.value(),
                                resolve.timestamp().isAfter(intent.timestamp())));
            }
            writes.delete(Space.INTENT, key.bytes());
        }
        work.released(key);
        work.result(index, KvResult.Acknowledged.INSTANCE);
    }
}
