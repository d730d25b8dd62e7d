package io.flotilla.node.replica;

import io.flotilla.config.settings.RaftSettings;
import java.util.SplittableRandom;

/**
 * What happens to the replicas and the disks of one seed's world.
 *
 * @param entriesKept how many entries of a log are kept when it is compacted; who misses more needs a snapshot
 * @param changeMeanMicros mean time between two wishes for other replicas; 0 for none
 * @param newcomer whether there is one more node, which joins later and has nothing at first
 * @param syncFails the chance that a sync of a log fails, which ends its node
 * @param lossMeanMicros mean time between two losses of all that a store had; 0 for none
 * @param installHalts the chance that a process ends in the middle of installing a snapshot, at each step of it
 */
record TxnUpheaval(
        long entriesKept,
        long changeMeanMicros,
        boolean newcomer,
        double syncFails,
        long lossMeanMicros,
        double installHalts) {
    static final TxnUpheaval NONE = new TxnUpheaval(RaftSettings.DEFAULT.logEntriesKept(), 0, false, 0, 0, 0);

    static TxnUpheaval of(SplittableRandom random) {
        boolean changes = random.nextBoolean();
        return new TxnUpheaval(
                random.nextInt(3) == 0 ? RaftSettings.DEFAULT.logEntriesKept() : random.nextLong(2, 40),
                changes ? random.nextLong(200_000, 2_000_000) : 0,
                changes && random.nextBoolean(),
                random.nextInt(4) == 0 ? 0.001 : 0,
                random.nextInt(4) == 0 ? random.nextLong(1_000_000, 5_000_000) : 0,
                random.nextInt(2) == 0 ? 0.1 : 0);
    }

    RaftSettings raft() {
        RaftSettings standard = RaftSettings.DEFAULT;
        return new RaftSettings(
                standard.tickMillis(),
                standard.heartbeatMillis(),
                standard.electionMillisMin(),
                standard.leaseMillis(),
                standard.entriesBytesMax(),
                standard.inflightAppendsMax(),
                standard.inflightBytesMax(),
                entriesKept);
    }
}
