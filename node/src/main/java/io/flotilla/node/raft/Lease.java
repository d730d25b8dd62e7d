package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;

/**
 * A leader's right to serve reads without asking anybody (thesis §6.4.1).
 *
 * <p>Held from the moment the leader has applied an entry of its own term, and its clock has passed {@code start}, until {@code untilMicros}
 * on the monotonic clock; and only for timestamps in ({@code start}, {@code bound}]. Leases of successive leaders do not overlap in either.
 *
 * <p>HAZARD: leans on monotonic clocks of two nodes not drifting apart by more than {@code electionMillisMin - leaseMillis} within one lease.
 *
 * @param start above everything an earlier leader could have served; the timestamp cache's low-water mark
 * @param bound up to here earlier acknowledgements, and what is durable of this store's clock, protect served timestamps
 * @param untilMicros monotonic; exclusive
 */
public record Lease(long term, Timestamp start, Timestamp bound, long untilMicros) {
    /** No lease. */
    public static final Lease NONE = new Lease(0, Timestamp.ZERO, Timestamp.ZERO, Long.MIN_VALUE);

    /** Whether a read or write at {@code timestamp} may be served, or its answer leave, at {@code nowMicros}. */
    public boolean covers(long nowMicros, Timestamp timestamp) {
        return nowMicros < untilMicros && !timestamp.isAfter(bound);
    }

    public boolean isHeldAt(long nowMicros) {
        return nowMicros < untilMicros;
    }
}
