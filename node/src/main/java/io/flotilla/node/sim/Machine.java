package io.flotilla.node.sim;

import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Membership;

/**
 * The state of a simulated state machine: which position it has applied, and hashes of everything up to there.
 *
 * @param term of the entry at {@code applied}
 * @param chain over all of every entry; a witness has no more than the bones
 * @param bones over what a witness keeps of every entry
 * @param nextId replica ids below have been given out
 */
record Machine(long applied, long term, long chain, long bones, Membership membership, int nextId) {
    /** Where a group's log begins: what was before is in no log, as with a range that was split off. */
    static final long FOUNDED_INDEX = 10;

    static final long FOUNDED_TERM = 1;

    static Machine founded(Membership membership, int nextId) {
        return new Machine(FOUNDED_INDEX, FOUNDED_TERM, 0, 0, membership, nextId);
    }

    Machine after(LogEntry entry) {
        Membership members = membership;
        int next = nextId;
        if (entry.kind() == LogEntry.Kind.CONFIG) {
            members = Payloads.membershipOf(entry.payload());
            for (int member : members.members()) {
                next = Math.max(next, member + 1);
            }
        }
        return new Machine(
                entry.index(),
                entry.term(),
                SimLog.chainOf(chain, entry.term(), entry.payload()),
                SimLog.chainOf(bones, entry.term(), Payloads.bones(entry)),
                members,
                next);
    }

    /** As a witness is sent it. */
    Machine withoutData() {
        return new Machine(applied, term, bones, bones, membership, nextId);
    }

    /** Whether that replica was a member once and is none any more. */
    boolean hasRemoved(int replica) {
        return replica < nextId && !membership.isMember(replica);
    }
}
