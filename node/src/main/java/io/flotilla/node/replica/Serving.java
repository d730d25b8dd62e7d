package io.flotilla.node.replica;

import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;

/** What all replicas of a store share when they serve: how they read, how much they take in, and how close their leases came to ending. */
public record Serving(ReadMode readMode, ProposalBudget budget, LeaseMargins margins) {
    public static Serving of(FlowSettings flow, ReadMode readMode) {
        return new Serving(readMode, new ProposalBudget(flow), new LeaseMargins());
    }
}
