package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

/** Waits for all parts of a batch, then makes one reply of theirs. Parts may answer on different threads. */
final class Join {
    private final KvBatch batch;
    private final List<Cut.Part> parts;
    private final Consumer<KvReply> callback;
    private final AtomicReferenceArray<KvReply> replies;
    private final AtomicInteger missing;

    Join(KvBatch batch, List<Cut.Part> parts, Consumer<KvReply> callback) {
        this.batch = batch;
        this.parts = parts;
        this.callback = callback;
        this.replies = new AtomicReferenceArray<>(parts.size());
        this.missing = new AtomicInteger(parts.size());
    }

    void answered(int part, KvReply reply) {
        replies.set(part, reply);
        if (missing.decrementAndGet() == 0) {
            callback.accept(joined());
        }
    }

    private KvReply joined() {
        List<KvReply> all = new ArrayList<>(parts.size());
        boolean refused = false;
        for (int i = 0; i < parts.size(); i++) {
            KvReply reply = replies.get(i);
            all.add(reply);
            refused |= reply instanceof KvReply.Refused;
        }
        if (all.size() == 1 && !refused) {
            return all.get(0);
        }
        return refused ? new KvReply.Refused(Errors.joined(batch, all)) : merged(all);
    }

    private KvReply merged(List<KvReply> all) {
        KvResult[] results = new KvResult[batch.ops().size()];
        Timestamp timestamp = Timestamp.ZERO;
        List<Observed> observed = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            KvReply.Done done = (KvReply.Done) all.get(i);
            List<Integer> places = parts.get(i).places();
            Invariant.check(
                    done.results().size() == places.size(),
                    "a reply must have a result for each operation",
                    done.results().size(),
                    places.size());
            for (int j = 0; j < places.size(); j++) {
                results[places.get(j)] = done.results().get(j);
            }
            timestamp = timestamp.max(done.timestamp());
            addFirstSeen(observed, done.observed());
        }
        return new KvReply.Done(Arrays.asList(results), timestamp, observed);
    }

    /** Keeps the first reading of each node: it is the one taken before anything was read there. */
    static void addFirstSeen(List<Observed> observed, List<Observed> added) {
        for (Observed reading : added) {
            if (!contains(observed, reading.node())) {
                observed.add(reading);
            }
        }
    }

    private static boolean contains(List<Observed> observed, NodeId node) {
        for (Observed reading : observed) {
            if (reading.node().equals(node)) {
                return true;
            }
        }
        return false;
    }
}
