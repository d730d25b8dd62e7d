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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings transactions to an end whose coordinator is gone and whose intents nobody meets: reads each key that has held an intent for long, which pushes and
 * recovers its transaction as any reader would.
 *
 * <p>Nothing depends on when: all that proves a STAGING record is in intents, which stay until it is decided.
 *
 * <p>Not thread-safe. Costs a look at one nearly empty space, however many ranges there are.
 */
final class OldIntents {
    static final int ONE_LOOK_MAX = 1_000;
    private static final long TIMEOUT_MICROS = 10_000_000;

    private final Engine engine;
    private final Consumer<Key> read;

    /** Where the next look begins: goes round, so that those that cannot be ended now do not hide the others. */
    private Key from = Span.ALL.start();

    OldIntents(Engine engine, ReplicaDirectory replicas) {
        this(engine, key -> read(replicas, key));
    }

    OldIntents(Engine engine, Consumer<Key> read) {
        this.engine = engine;
        this.read = read;
    }

    /** Returns how many there were, as far as was looked. */
    int look(Timestamp before) {
        Key begin = from;
        from = Span.ALL.start();
        int old = look(begin, Span.ALL.end(), before, ONE_LOOK_MAX);
        if (old < ONE_LOOK_MAX) {
            old += look(Span.ALL.start(), begin, before, ONE_LOOK_MAX - old);
        }
        return old;
    }

    private int look(Key begin, Key end, Timestamp before, int max) {
        int old = 0;
        try (Engine.Cursor cursor = engine.cursor(Engine.Space.INTENT, begin.bytes(), end.bytes())) {
            for (; cursor.isValid(); cursor.next()) {
                if (!IntentCodec.decode(cursor.value()).timestamp().isBefore(before)) {
                    continue;
                }
                Key key = Key.wrap(cursor.key());
                if (old == max) {
                    from = key;
                    return old;
                }
                old++;
                read.accept(key);
            }
        }
        return old;
    }

    private static void read(ReplicaDirectory replicas, Key key) {
        Slot slot = leaseholderOf(replicas, key);
        if (slot != null) {
            RangeDescriptor range = slot.descriptor();
            KvBatch batch = new KvBatch(KvHeader.standalone(TIMEOUT_MICROS), List.of(new KvOp.Get(key)));
            slot.tell(new ReplicaActor.Serve(
                    new RangeRequest(range.id(), range.generation(), batch), OldIntents::ignore));
        }
    }

    /** The replica here that leads, or may lead, the range of that key; null if there is none. */
    static @Nullable Slot leaseholderOf(ReplicaDirectory replicas, Key key) {
        RangeDescriptor range = replicas.holding(key).orElse(null);
        Slot slot = range == null ? null : replicas.find(range.id());
        return slot != null && mayLead(slot) ? slot : null;
    }

    /** Nobody is woken to say that it is not the leaseholder. */
    private static boolean mayLead(Slot slot) {
        Dormant dormant = slot.dormant();
        return !slot.isShut() && (dormant == null || dormant.status().role() == RaftStatus.Role.LEADER);
    }

    /** Whatever comes of it: what is left is found again. */
    private static void ignore(RangeReply reply) {}
}
