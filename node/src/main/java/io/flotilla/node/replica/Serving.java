package io.flotilla.node.replica;

import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import java.util.List;

/** What all replicas of a store share when they serve: how they read, how much they take in, and how close their leases came to ending. */
public record Serving(ReadMode readMode, ProposalBudget budget, LeaseMargins margins) {
    public static Serving of(FlowSettings flow, ReadMode readMode) {
        return new Serving(readMode, new ProposalBudget(flow), new LeaseMargins());
    }

    /** @param tooLate answers that were ready but did not leave, because the lease had run out meanwhile */
    public record Report(List<LeaseMargins.Bucket> margins, long tooLate, long writesRefused, long unappliedBytes) {}

    /** How this store served since it started. */
    public Report report() {
        return new Report(margins.buckets(), margins.refused(), budget.refused(), budget.bytesInLog());
    }
}
