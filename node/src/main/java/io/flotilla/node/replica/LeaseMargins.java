package io.flotilla.node.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * How much of the lease was left when answers to reads left, in buckets: how close this node came to having to refuse. Threading: any.
 */
public final class LeaseMargins {
    /** Upper ends of the buckets, exclusive; the last one is open. */
    private static final long[] BUCKET_MILLIS = {1, 5, 10, 20, 50, 100, 200, 300, 400, 500, 600, 700, 800, 1_000};

    private final LongAdder[] buckets = new LongAdder[BUCKET_MILLIS.length + 1];
    private final LongAdder refused = new LongAdder();

    /** @param belowMillis upper end of the bucket, exclusive; {@link Long#MAX_VALUE} for the last */
    public record Bucket(long belowMillis, long count) {}

    LeaseMargins() {
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new LongAdder();
        }
    }

    /** An answer left with so much of the lease to run. */
    void left(long micros) {
        int i = 0;
        while (i < BUCKET_MILLIS.length && micros >= BUCKET_MILLIS[i] * 1_000) {
            i++;
        }
        buckets[i].increment();
    }

    /** The work was done, but the lease had run out before the answer could leave. */
    void tooLate() {
        refused.increment();
    }

    public long refused() {
        return refused.sum();
    }

    public List<Bucket> buckets() {
        List<Bucket> all = new ArrayList<>(buckets.length);
        for (int i = 0; i < buckets.length; i++) {
            all.add(new Bucket(i < BUCKET_MILLIS.length ? BUCKET_MILLIS[i] : Long.MAX_VALUE, buckets[i].sum()));
        }
        return all;
    }
}
