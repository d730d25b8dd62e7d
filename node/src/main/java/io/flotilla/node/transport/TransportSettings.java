package io.flotilla.node.transport;

/**
 * Timing and bounds of the data path between nodes.
 *
 * @param tickMillis granularity of all timers here while something is under way
 * @param pingMillis silence towards a peer after which an empty envelope is sent; longer than two stores are silent towards each other, so that an idle
 *     node has no need of it
 * @param silenceMillis silence of a peer after which it counts as lost; several pings. A call to a peer that was never heard waits as long for it to come
 * @param callGraceMillis how long after a call's own timeout its reply is still waited for
 * @param resendMillis how long a flush may be under way before it is presumed lost and sent again
 * @param snapshotAckMillis how long the bulk lane waits for a peer to take a chunk
 * @param envelopeBytesSoft an envelope is closed when it reaches this, so that a small message behind it need not wait for megabytes
 * @param outboxBytesMax what may wait for one peer; above it Raft messages and answers are dropped and calls refused
 */
public record TransportSettings(
        long tickMillis,
        long pingMillis,
        long silenceMillis,
        long callGraceMillis,
        long resendMillis,
        long snapshotAckMillis,
        int envelopeBytesSoft,
        long outboxBytesMax) {
    public static final TransportSettings DEFAULT =
            new TransportSettings(50, 400, 1_000, 250, 150, 5_000, 256 * 1024, 64L * 1024 * 1024);

    public TransportSettings {
        if (silenceMillis < 2 * pingMillis) {
            throw new IllegalArgumentException(
                    "silenceMillis " + silenceMillis + " must be several times pingMillis " + pingMillis);
        }
    }
}
