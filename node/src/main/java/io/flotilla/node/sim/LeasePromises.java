package io.flotilla.node.sim;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Lease;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.RaftStatus;
import java.util.Map;
import java.util.TreeMap;

/** Leases of two leaders never overlap, in true time or in timestamp space. */
final class LeasePromises {
    private static final class Term {
        private Timestamp start = Timestamp.MAX;
        private Timestamp bound = Timestamp.ZERO;
        private Timestamp served = Timestamp.ZERO;
        private boolean handedOver;
        private Timestamp servedUpTo = Timestamp.MAX;
        private int leader;

        /** Nothing above was served in this term, nor will be. */
        Timestamp end() {
            return bound.min(servedUpTo);
        }
    }

    private final World world;
    private final TreeMap<Long, Term> terms = new TreeMap<>();

    /** By replica: the term it leads, and the last of which it has said that it leads none up to there. */
    private final TreeMap<Integer, Long> leading = new TreeMap<>();

    private final TreeMap<Integer, Long> forsworn = new TreeMap<>();

    LeasePromises(World world) {
        this.world = world;
    }

    /** A replica has taken a step, or its store has learnt something. */
    void changed(SimReplica replica) {
        watchLeading(replica);
        Lease lease = replica.lease();
        if (lease.term() == 0) {
            return;
        }
        if (replica.holdsLease()) {
            for (SimReplica other : world.replicas) {
                SimViolation.check(
                        other == replica || !other.holdsLease(),
                        "leases overlap in time",
                        lease.term(),
                        other.lease().term());
            }
        }
        Term term = terms.computeIfAbsent(lease.term(), any -> new Term());
        boolean fresh = term.start.equals(Timestamp.MAX);
        if (fresh) {
            term.start = lease.start();
            for (Map.Entry<Long, Term> earlier : terms.headMap(lease.term()).entrySet()) {
                checkDisjoint(earlier.getKey(), earlier.getValue(), lease.term(), term);
            }
        }
        if (fresh || lease.bound().isAfter(term.bound)) {
            term.bound = term.bound.max(lease.bound());
            for (Map.Entry<Long, Term> later :
                    terms.tailMap(lease.term(), false).entrySet()) {
                checkDisjoint(lease.term(), term, later.getKey(), later.getValue());
            }
        }
    }

    private void watchLeading(SimReplica replica) {
        RaftStatus status = replica.status;
        Long led = leading.get(replica.id);
        if (led != null && (!replica.isLeader() || status.term() != led)) {
            ended(replica, replica.steppedAt.hybrid());
        }
        if (replica.isLeader()) {
            leading.put(replica.id, status.term());
            terms.computeIfAbsent(status.term(), any -> new Term()).leader = replica.id;
            SimViolation.check(
                    status.term() > forsworn.getOrDefault(replica.id, 0L),
                    "a term is led that was forsworn",
                    replica.id,
                    status.term());
        }
    }

    /** A replica leads no more; nothing above the reading was served by it. */
    void ended(SimReplica replica, Timestamp reading) {
        Long led = leading.remove(replica.id);
        Term term = led == null ? null : terms.get(led);
        if (term != null) {
            term.servedUpTo = term.servedUpTo.min(reading);
        }
    }

    private static void checkDisjoint(long earlierTerm, Term earlier, long laterTerm, Term later) {
        SimViolation.check(
                !earlier.end().isAfter(later.start), "leases overlap in timestamp space", earlierTerm, laterTerm);
    }

    /** A read at {@code timestamp} is answered under the replica's lease. */
    void served(Lease lease, Timestamp timestamp) {
        Term term = terms.computeIfAbsent(lease.term(), any -> new Term());
        SimViolation.check(
                !term.handedOver, "served after the lease was handed over", lease.term(), timestamp.packed());
        term.served = term.served.max(timestamp);
        for (Map.Entry<Long, Term> later : terms.tailMap(lease.term(), false).entrySet()) {
            SimViolation.check(
                    !timestamp.isAfter(later.getValue().start),
                    "served within a successor's lease",
                    lease.term(),
                    later.getKey());
        }
    }

    /** A store has given up all support: what it leads has served no further than that, and serves on only under epochs to come. */
    void resigned(int node, Timestamp servedUpTo) {
        for (Term term : terms.values()) {
            if (term.leader == node) {
                SimViolation.check(
                        !term.served.isAfter(servedUpTo),
                        "served above what the supporters were told",
                        term.served.packed(),
                        servedUpTo.packed());
                term.bound = term.bound.min(servedUpTo);
            }
        }
    }

    void leaves(RaftMessage message) {
        if (message instanceof RaftMessage.Defortify word) {
            forsworn.merge(word.from(), word.term(), Math::max);
            for (Term term : terms.headMap(word.term(), true).values()) {
                boolean kept = term.leader != word.from() || !term.served.isAfter(word.servedUpTo());
                SimViolation.check(kept, "served above what a follower was told", word.from(), word.term());
            }
        }
        if (message instanceof RaftMessage.TimeoutNow handOver) {
            Term term = terms.computeIfAbsent(handOver.term(), any -> new Term());
            SimViolation.check(
                    !term.served.isAfter(handOver.servedUpTo()),
                    "served above what the successor was told",
                    term.served.packed(),
                    handOver.servedUpTo().packed());
            term.handedOver = true;
            term.servedUpTo = handOver.servedUpTo();
        }
    }
}
