package io.flotilla.node.liveness;

import io.flotilla.config.time.Timestamp;

/** What stores say to each other. May be lost, repeated and late; who sent it is told by the envelope. */
public sealed interface LivenessMessage {
    /** In the place of a stamp: none was heard. */
    long NO_STAMP = Long.MIN_VALUE;

    <T> T accept(Visitor<T> visitor);

    /** The compiler checks that each kind is handled. */
    interface Visitor<T> {
        T visit(Heartbeat message);

        T visit(Reply message);

        T visit(Resign message);
    }

    /**
     * "Support me."
     *
     * @param epoch the sender's, durable there
     * @param round numbers the heartbeats to this receiver; grows
     * @param bound on the receiver's strength the sender serves nothing above it
     * @param stamp of the receiver's latest reply that was heard, or {@link #NO_STAMP}: proof that its words arrive
     */
    record Heartbeat(long epoch, long round, Timestamp bound, long stamp) implements LivenessMessage {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.visit(this);
        }
    }

    /**
     * The answer to a heartbeat, or (with round 0) unasked word of a withdrawal.
     *
     * @param epoch the heartbeat's
     * @param round the heartbeat's
     * @param remainingMicros how much longer the epoch is supported at least; 0: it is not
     * @param newest the highest epoch of the receiver that the sender has ever supported or withdrawn; if nothing remains and it is not
     *     below {@code epoch}, that epoch is lost for ever
     * @param stamp the sender's monotonic clock, of no meaning to the receiver but to be echoed
     */
    record Reply(long epoch, long round, long remainingMicros, long newest, long stamp) implements LivenessMessage {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.visit(this);
        }
    }

    /**
     * "I rely on no epoch up to this one any more: withdraw your support now."
     *
     * @param servedUpTo on the receiver's strength nothing above it was served under any of them: who leads next need not wait for more to pass
     */
    record Resign(long epoch, Timestamp servedUpTo) implements LivenessMessage {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.visit(this);
        }
    }
}
