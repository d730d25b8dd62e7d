package io.flotilla.node.replica;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.IntentCodec;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.util.List;

/**
 * Brings transactions to an end whose coordinator is gone and whose intents nobody meets: reads each key that has held an intent for long, which pushes and
 * recovers its transaction as any reader would.
 *
 * <p>Nothing depends on when: all that proves a STAGING record is in intents, which stay until it is decided.
 *
 * <p>Not thread-safe. Costs a look at one nearly empty space, however many ranges there are.
 */
final class OldIntents {
    private static final int ONE_LOOK_MAX = 1_000;
    private static final long TIMEOUT_MICROS = 10_000_000;

    private final Engine engine;
    private final ReplicaDirectory replicas;

    OldIntents(Engine engine, ReplicaDirectory replicas) {
        this.engine = engine;
        this.replicas = replicas;
    }

    /** Returns how many there were, as far as was looked. */
    int look(Timestamp before) {
        int old = 0;
        try (Engine.Cursor cursor = engine.cursor(
                Engine.Space.INTENT, Span.ALL.start().bytes(), Span.ALL.end().bytes())) {
            for (int seen = 0; cursor.isValid() && seen < ONE_LOOK_MAX; cursor.next()) {
                if (IntentCodec.decode(cursor.value()).timestamp().isBefore(before)) {
                    seen++;
                    old++;
                    read(Key.wrap(cursor.key()));
                }
            }
        }
        return old;
    }

    private void read(Key key) {
        RangeDescriptor range = replicas.holding(key).orElse(null);
        Slot slot = range == null ? null : replicas.find(range.id());
        if (range != null && slot != null && mayLead(slot)) {
            KvBatch batch = new KvBatch(KvHeader.standalone(TIMEOUT_MICROS), List.of(new KvOp.Get(key)));
            slot.tell(new ReplicaActor.Serve(
                    new RangeRequest(range.id(), range.generation(), batch), OldIntents::ignore));
        }
    }

    /** Nobody is woken to say that it is not the leaseholder. */
    private static boolean mayLead(Slot slot) {
        Dormant dormant = slot.dormant();
        return !slot.isShut() && (dormant == null || dormant.status().role() == RaftStatus.Role.LEADER);
    }

    /** Whatever comes of it: what is left is found again. */
    private static void ignore(RangeReply reply) {}
}
