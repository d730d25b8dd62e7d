package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;

/**
 * Why and how a replica campaigns.
 *
 * @param pre ask first whether an election could be won (thesis §9.6)
 * @param transfer the leader asked for it (thesis §3.10)
 * @param servedUpTo transfer only: above what that leader served
 */
record Campaign(boolean pre, boolean transfer, Timestamp servedUpTo) {
    static final Campaign PRE = new Campaign(true, false, Timestamp.ZERO);
    static final Campaign REAL = new Campaign(false, false, Timestamp.ZERO);

    static Campaign transferred(RaftMessage.TimeoutNow message) {
        return new Campaign(false, true, message.servedUpTo());
    }
}
