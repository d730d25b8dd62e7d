package io.flotilla.node.replica;

import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.node.disk.SpaceWatch;
import io.flotilla.node.mvcc.KeyCache;
import java.util.List;

/**
 * What all replicas of a store share when they serve: how they read, how much they take in and have room for, how close their leases came to ending, and what
 * they know of single keys.
 */
public record Serving(ReadMode readMode, ProposalBudget budget, SpaceWatch space, LeaseMargins margins, KeyCache keys) {
    public static Serving of(FlowSettings flow, SpaceWatch space, ReadMode readMode) {
        return new Serving(readMode, new ProposalBudget(flow), space, new LeaseMargins(), new KeyCache());
    }

    /**
     * @param tooLate answers that were ready but did not leave, because the lease had run out meanwhile
     * @param woken how often a replica that slept was built because somebody told it something
     */
    public record Report(
            List<LeaseMargins.Bucket> margins, long tooLate, long writesRefused, long unappliedBytes, long woken) {}

    /** How this store served since it started. */
    Report report(long woken) {
        return new Report(margins.buckets(), margins.refused(), budget.refused(), budget.bytesInLog(), woken);
    }
}
