package io.flotilla.range.routing;

import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Lists of replicas of which one copy serves all ranges that have equal ones: neighbours were split from each other, and a store with very many ranges
 * would keep the same few lists again for each of them.
 *
 * <p>Only a convenience: a list that has lost its place to another one is not shared any more, and nothing else changes. Thread-safe.
 */
final class SharedReplicas {
    /** A power of two: more than there are sets of nodes that a store shares ranges with. */
    private static final int PLACES = 1_024;

    private static final AtomicReferenceArray<List<ReplicaInfo>> KNOWN = new AtomicReferenceArray<>(PLACES);

    private SharedReplicas() {}

    /** An unmodifiable list equal to {@code replicas}, most often one that was returned before. */
    static List<ReplicaInfo> shared(List<ReplicaInfo> replicas) {
        int place = placeOf(replicas);
        List<ReplicaInfo> known = KNOWN.get(place);
        if (replicas.equals(known)) {
            return known;
        }
        List<ReplicaInfo> fresh = List.copyOf(replicas);
        KNOWN.set(place, fresh);
        return fresh;
    }

    private static int placeOf(List<ReplicaInfo> replicas) {
        int hash = 1;
        for (ReplicaInfo replica : replicas) {
            hash = 31 * (31 * hash + replica.node().value()) + replica.replicaId();
        }
        return (hash ^ hash >>> 10) & (PLACES - 1);
    }
}
