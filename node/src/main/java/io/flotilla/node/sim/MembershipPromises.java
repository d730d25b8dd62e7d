package io.flotilla.node.sim;

import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Membership;
import io.flotilla.node.raft.RaftStatus;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;

/** What changes of membership must not break: quorums of successive configurations meet, and only replicas that hold data serve. */
final class MembershipPromises {
    /** A removed replica may be half way through an election it had every right to begin. */
    private static final int LATE_CAMPAIGNS_MAX = 2;

    private final World world;

    /** By the index of the entry. Never empty. */
    private final TreeMap<Long, Membership> committed = new TreeMap<>();

    private int nextId;

    /** Terms whose leader has committed something. Looked up only. */
    private final Set<Long> termsCommitted = new HashSet<>();

    /** Replica to campaigns since it was removed. Looked up only. */
    private final Map<Integer, Integer> lateCampaigns = new TreeMap<>();

    MembershipPromises(World world, Machine founded) {
        this.world = world;
        committed.put(founded.applied(), founded.membership());
        nextId = founded.nextId();
    }

    /** The latest that is committed. */
    Membership current() {
        return committed.lastEntry().getValue();
    }

    /** A leader that was in {@code before} has appended {@code entries}. */
    void appended(SimReplica leader, Membership before, List<LogEntry> entries) {
        for (LogEntry entry : entries) {
            if (entry.kind() == LogEntry.Kind.CONFIG && entry.term() == leader.status.term()) {
                Membership next = Payloads.membershipOf(entry.payload());
                check(
                        termsCommitted.contains(entry.term()),
                        "a leader changes its group only after it committed in its term",
                        entry.index(),
                        entry.term());
                check(
                        latestChangeBelow(leader.handed, entry.index()) <= world.promises.committed(),
                        "one change at a time",
                        entry.index(),
                        world.promises.committed());
                check(quorumsMeet(before, next), before + " and " + next + " can decide without each other", 0, 0);
                check(!isQuorumOfWitnesses(next), "witnesses alone can decide in " + next, 0, 0);
                check(next.mayLead(leader.id), "a leader leaves its group", leader.id, entry.index());
                before = next;
            }
        }
    }

    private static long latestChangeBelow(SimLog log, long index) {
        for (long at = index - 1; at >= log.firstIndex(); at--) {
            if (log.entryAt(at).kind() == LogEntry.Kind.CONFIG) {
                return at;
            }
        }
        return 0;
    }

    /** Every quorum of one has a replica in every quorum of the other: tried out. */
    private static boolean quorumsMeet(Membership one, Membership other) {
        TreeSet<Integer> union = new TreeSet<>(one.members());
        union.addAll(other.members());
        List<Integer> all = List.copyOf(union);
        for (int set = 0; set < 1 << all.size(); set++) {
            int chosen = set;
            IntPredicate in = id -> (chosen >> all.indexOf(id) & 1) != 0;
            if (slowQuorum(one, in) && slowQuorum(other, in.negate())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isQuorumOfWitnesses(Membership membership) {
        return slowMajority(membership.voters(), membership::isWitness)
                || (membership.isJoint() && slowMajority(membership.outgoing(), membership::isWitness));
    }

    private static boolean slowQuorum(Membership membership, IntPredicate in) {
        return slowMajority(membership.voters(), in)
                && (membership.outgoing().isEmpty() || slowMajority(membership.outgoing(), in));
    }

    private static boolean slowMajority(List<Integer> voters, IntPredicate in) {
        int yes = 0;
        for (int voter : voters) {
            yes += in.test(voter) ? 1 : 0;
        }
        return yes * 2 > voters.size();
    }

    /**
     * A leader has committed {@code (from, to]}.
     *
     * @param acting the configuration it decided by
     */
    void committed(SimReplica leader, Membership acting, long from, long to, long term) {
        for (long index = from + 1; index <= to; index++) {
            LogEntry entry = leader.handed.entryAt(index);
            if (entry.kind() == LogEntry.Kind.CONFIG) {
                Membership membership = Payloads.membershipOf(entry.payload());
                committed.put(index, membership);
                for (int member : membership.members()) {
                    nextId = Math.max(nextId, member + 1);
                }
            }
        }
        IntPredicate has = id -> world.promises.holds(world.replica(id), to);
        check(slowQuorum(acting, has), "a committed entry is on the disks of a quorum of " + acting, to, term);
        checkData(acting.voters(), acting, to);
        checkData(acting.outgoing(), acting, to);
        checkData(current().voters(), current(), to);
    }

    /** The leader of {@code term} has committed something. */
    void ledIn(long term) {
        termsCommitted.add(term);
    }

    /** In each half some replica that could lead has what is committed: never is a witness alone up to date. */
    private void checkData(List<Integer> half, Membership membership, long index) {
        boolean held = half.isEmpty();
        for (int voter : half) {
            held |= !membership.isWitness(voter) && world.promises.holds(world.replica(voter), index);
        }
        check(held, "at most witnesses of " + membership + " have what is committed", index, 0);
    }

    void stepped(SimReplica replica, RaftStatus before) {
        RaftStatus after = replica.status;
        if (after.role() == RaftStatus.Role.LEADER) {
            check(!replica.witness, "a witness never leads", replica.id, after.term());
            check(replica.membership.isVoter(replica.id), "a learner never leads", replica.id, after.term());
        }
        boolean campaigns = after.role() == RaftStatus.Role.CANDIDATE && after.term() > before.term();
        if (campaigns) {
            check(!replica.witness, "a witness never campaigns", replica.id, after.term());
            if (isRemoved(replica.id)) {
                int times = lateCampaigns.merge(replica.id, 1, Integer::sum);
                check(times <= LATE_CAMPAIGNS_MAX, "a removed replica does not disturb the others", replica.id, times);
            }
        }
    }

    /**
     * A disk may have lost something. No witness has an end of the log that no replica has which could lead: all of them it would refuse its vote.
     */
    void diskChanged() {
        for (int id : current().witnesses()) {
            SimLog log = world.replica(id).disk;
            boolean covered = !current().isVoter(id) || !world.replica(id).hasDisk();
            for (SimReplica other : world.replicas) {
                covered |= other.membership.mayLead(other.id)
                        && other.hasDisk()
                        && isUpToDate(other.disk, log.lastTerm(), log.lastIndex());
            }
            check(covered, "a witness alone is up to date", id, log.lastIndex());
        }
    }

    private static boolean isUpToDate(SimLog log, long lastTerm, long lastIndex) {
        return log.lastTerm() > lastTerm || (log.lastTerm() == lastTerm && log.lastIndex() >= lastIndex);
    }

    /** The replica is told that it was removed, and destroys itself. */
    void destroyed(SimReplica replica) {
        check(isRemoved(replica.id), "only a removed replica is destroyed", replica.id, committed.lastKey());
        checkData(current().voters(), current(), world.promises.committed());
        diskChanged();
    }

    boolean isRemoved(int replica) {
        return replica < nextId && !current().isMember(replica);
    }

    private static void check(boolean holds, String promise, long left, long right) {
        SimViolation.check(holds, promise, left, right);
    }
}
