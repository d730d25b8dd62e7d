package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import java.util.List;
import java.util.Objects;

/** Descriptors for tests: three replicas on nodes 1, 2 and 3. */
public final class Ranges {
    public static final NodeId N1 = new NodeId(1);
    public static final NodeId N2 = new NodeId(2);
    public static final NodeId N3 = new NodeId(3);
    public static final List<ReplicaInfo> REPLICAS =
            List.of(new ReplicaInfo(N1, 1), new ReplicaInfo(N2, 2), new ReplicaInfo(N3, 3));
    public static final RangeDescriptor META = new RangeDescriptor(RangeId.META, 1, KeySpace.SYSTEM, REPLICAS, 4);

    private Ranges() {}

    public static Key key(String user) {
        return KeySpace.user(Key.of(user));
    }

    static CachedRange cached(RangeCache cache, Key key) {
        return Objects.requireNonNull(cache.find(key), "not cached");
    }

    /** From one user key to another; empty means the end of the users' key space on either side. */
    public static RangeDescriptor range(long id, long generation, String from, String to) {
        Key start = from.isEmpty() ? KeySpace.USERS.start() : key(from);
        Key end = to.isEmpty() ? KeySpace.USERS.end() : key(to);
        return new RangeDescriptor(new RangeId(id), generation, new Span(start, end), REPLICAS, 4);
    }
}
