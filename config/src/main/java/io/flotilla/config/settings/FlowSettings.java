package io.flotilla.config.settings;

/**
 * How much work a node takes in before it refuses more, and how fast it moves bulk.
 *
 * @param proposalBytesMax payload bytes of writes in the log that are not applied yet, over all ranges; above it new writes are refused as
 *     OVERLOADED. They are held in memory
 * @param proposalDelayMillis how long a write may take from log to applied before fewer are let in: with many small writes this, not the
 *     bytes, is what waiting clients feel
 * @param snapshotBytesPerSecond sent by this node for all snapshots together, so that catching a peer up does not starve those who wait
 * @param snapshotsSendingMax snapshots that leave this node at the same time; each pins the engine's files as of its start
 * @param snapshotsReceivingMax snapshots that this node takes in at the same time; each needs room on disk twice
 */
public record FlowSettings(
        long proposalBytesMax,
        long proposalDelayMillis,
        long snapshotBytesPerSecond,
        int snapshotsSendingMax,
        int snapshotsReceivingMax) {
    public static final FlowSettings DEFAULT = new FlowSettings(64L * 1024 * 1024, 150, 32L * 1024 * 1024, 2, 2);

    public FlowSettings {
        positive("proposal-bytes-max", proposalBytesMax);
        positive("proposal-delay", proposalDelayMillis);
        positive("snapshot-bytes-per-second", snapshotBytesPerSecond);
        positive("snapshots-sending-max", snapshotsSendingMax);
        positive("snapshots-receiving-max", snapshotsReceivingMax);
    }

    private static void positive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException("flow." + name + " must be positive; it is " + value);
        }
    }
}
