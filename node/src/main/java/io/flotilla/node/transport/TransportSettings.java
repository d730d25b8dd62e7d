package io.flotilla.node.transport;

/**
 * Timing and bounds of the data path between nodes.
 *
 * @param tickMillis granularity of all timers here
 * @param pingMillis silence towards a peer after which an empty envelope is sent
 * @param silenceMillis silence of a peer after which it counts as lost; several pings
 * @param callGraceMillis how long after a call's own timeout its reply is still waited for
 * @param probeMillis how long a call to a peer that fell silent waits for it to come back; one that was never heard gets {@code silenceMillis}
 * @param resendMillis how long a flush may be under way before it is presumed lost and sent again
 * @param snapshotAckMillis how long the bulk lane waits for a peer to take a chunk
 * @param envelopeBytesSoft an envelope is closed when it reaches this, so that a small message behind it need not wait for megabytes
 * @param outboxBytesMax what may wait for one peer; above it Raft messages are dropped and calls refused
 */
public record TransportSettings(
        long tickMillis,
        long pingMillis,
        long silenceMillis,
        long callGraceMillis,
        long probeMillis,
        long resendMillis,
        long snapshotAckMillis,
        int envelopeBytesSoft,
        long outboxBytesMax) {
    public static final TransportSettings DEFAULT =
            new TransportSettings(50, 200, 1_000, 250, 250, 150, 5_000, 256 * 1024, 64L * 1024 * 1024);

    public TransportSettings {
        if (silenceMillis < 2 * pingMillis) {
            throw new IllegalArgumentException(
                    "silenceMillis " + silenceMillis + " must be several times pingMillis " + pingMillis);
        }
    }
}
