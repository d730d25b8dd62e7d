package io.flotilla.node.raft;

/**
 * What a core may hold against time.
 *
 * @param support what the stores of the group's replicas promise each other
 * @param since what was promised before that moment is forgotten: the start of the store; or, for a group that came out of another's, its coming to be.
 *     A replica that may have promised something grants no vote for one election timeout from then on
 * @param maxClockOffsetMicros bound on the difference of wall clocks, for what leases promised before {@code since}
 */
public record Trust(Support support, Now since, long maxClockOffsetMicros) {}
