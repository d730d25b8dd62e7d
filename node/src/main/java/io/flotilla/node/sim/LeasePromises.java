package io.flotilla.node.sim;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Lease;
import io.flotilla.node.raft.RaftMessage;
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

        /** Nothing above was served in this term, nor will be. */
        Timestamp end() {
            return bound.min(servedUpTo);
        }
    }

    private final World world;
    private final TreeMap<Long, Term> terms = new TreeMap<>();

    LeasePromises(World world) {
        this.world = world;
    }

    /** A replica has taken a step. */
    void changed(SimReplica replica) {
        Lease lease = replica.lease;
        if (lease.term() == 0) {
            return;
        }
        if (replica.holdsLease()) {
            for (SimReplica other : world.replicas) {
                SimViolation.check(
                        other == replica || !other.holdsLease(),
                        "leases overlap in time",
                        lease.term(),
                        other.lease.term());
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

    void leaves(RaftMessage message) {
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
