package io.flotilla.node.raft;

import java.util.List;

/** Why a proposal was refused. Nothing of it was appended. */
public sealed interface ProposalRefusal {
    /** @param leader who leads as far as is known; 0 if nobody */
    record NotLeader(int leader) implements ProposalRefusal {}

    /** Leadership is being handed over; the successor will take it. */
    record HandingOver() implements ProposalRefusal {}

    /**
     * The leader has not yet committed an entry of its own term (Ongaro 2015: two disjoint majorities); or a joint state is to be left before both halves
     * know how far leases reached. Ask again soon.
     */
    record TooEarly() implements ProposalRefusal {}

    /** An earlier change of membership, at {@code index}, is not applied yet. Ask again soon. */
    record ChangeUnderWay(long index) implements ProposalRefusal {}

    /** The change does not fit the membership as it is. Asking again is pointless. */
    record Illegal(String why) implements ProposalRefusal {}

    /** These replicas lack too much of the log to be relied upon. Ask again when they have caught up. */
    record NotCaughtUp(List<Integer> replicas) implements ProposalRefusal {}

    /** The leader has no vote in what the joint state leads to: it must hand over first. */
    record LeaderLeaves() implements ProposalRefusal {}
}
