package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;

/**
 * What store liveness says about the stores of one group's replicas, by replica id. Epochs name a promise between two stores: "until then I grant
 * nobody else what I granted you". An epoch that was withdrawn is never supported again.
 *
 * <p>Threading: look-ups from any thread, at every turn; they do not allocate and never block. Each look-up sees the state of that moment.
 *
 * <p>HAZARD: an earlier answer of {@link #receivedUntilMicros} says nothing about now: this store may have given up its epochs meanwhile
 * (orderly stop, a disk that stands still), and then the others wait for nobody. Whoever serves on it looks again as the answer leaves.
 */
public interface Support {
    /** No epoch. Real epochs are positive. */
    long NO_EPOCH = 0;

    /** In the place of a time: not supported. */
    long NEVER = Long.MIN_VALUE;

    /** No store supports any other. */
    Support NONE = new Support() {
        @Override
        public long givenTo(int replica) {
            return NO_EPOCH;
        }

        @Override
        public Timestamp boundOf(int replica, long epoch) {
            return Timestamp.ZERO;
        }

        @Override
        public long receivedUntilMicros(int replica, long epoch) {
            return NEVER;
        }

        @Override
        public Timestamp boundAcknowledged(int replica, long epoch) {
            return Timestamp.ZERO;
        }

        @Override
        public long receivedEpoch(int replica) {
            return NO_EPOCH;
        }

        @Override
        public Timestamp clockBound() {
            return Timestamp.MAX;
        }
    };

    /**
     * The epoch at which this store supports that replica's store, or {@link #NO_EPOCH}. Support that has run out stands until its withdrawal
     * is durable: only from then on may be granted to others what it excludes.
     */
    long givenTo(int replica);

    /**
     * The highest bound that store has told this one under that epoch: what it served on this store's strength is not above. If that was
     * forgotten, a timestamp that is above it for sure.
     */
    Timestamp boundOf(int replica, long epoch);

    /** Until when, exclusive, on this node's monotonic clock, that replica's store supports this one at that epoch; {@link #NEVER} if it does not. */
    long receivedUntilMicros(int replica, long epoch);

    /** The highest bound of this store which that replica's store has acknowledged under that epoch; zero if it does not support this one at it. */
    Timestamp boundAcknowledged(int replica, long epoch);

    /** The epoch at which that replica's store supports this one now, or {@link #NO_EPOCH}. */
    long receivedEpoch(int replica);

    /** Above that nothing may be served from this store now: a later life of it, whose wall clock was set back, would not know. */
    Timestamp clockBound();
}
