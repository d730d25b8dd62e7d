package io.flotilla.node.sim;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Membership;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.raft.Ready;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;

/** The five properties of Raft figure 3, and that nothing is said before it is durable. Each check looks only at what an event changed. */
final class GroupPromises {
    private static final int TERM_BITS = 24;

    private final World world;

    /** Term to who led it. Looked up only. */
    private final HashMap<Long, Long> leaders = new HashMap<>();

    /** (index, term) to the hash over the log up to there. Looked up only. */
    private final HashMap<Long, Long> chains = new HashMap<>();

    /** The same, over what a witness keeps. Looked up only. */
    private final HashMap<Long, Long> bones = new HashMap<>();

    /** By index: hash over the committed log, and the term of the leader that committed it first. */
    private long[] committedChain = new long[1024];

    private long[] committedBones = new long[1024];

    private long[] committedIn = new long[1024];
    private long committed;

    GroupPromises(World world, Machine founded) {
        this.world = world;
        this.committed = founded.applied();
        committedIn[(int) committed] = founded.term();
        committedChain[(int) committed] = founded.chain();
        committedBones[(int) committed] = founded.bones();
    }

    long committed() {
        return committed;
    }

    void stepped(SimReplica replica, RaftStatus before, Membership acting, long handedBefore, Ready ready) {
        RaftStatus after = replica.status;
        check(after.term() >= before.term(), "the term never goes back", after.term(), before.term());
        check(after.commit() >= before.commit(), "the commit index never goes back", after.commit(), before.commit());
        check(after.applied() <= after.commit(), "only committed entries are applied", after.applied(), after.commit());
        check(
                after.lastIndex() == replica.handed.lastIndex(),
                "all of the log is handed to the disk",
                after.lastIndex(),
                replica.handed.lastIndex());
        boolean leads = after.role() == RaftStatus.Role.LEADER;
        boolean led = before.role() == RaftStatus.Role.LEADER && before.term() == after.term();
        Ready.Persist persist = ready.persist();
        if (persist != null) {
            checkMatching(replica, persist.entries());
            if (led && leads) {
                boolean appended = persist.reset() == null
                        && (persist.entries().isEmpty()
                                || persist.entries().get(0).index() > handedBefore);
                check(appended, "Leader Append-Only: a leader never overwrites", after.term(), handedBefore);
            }
        }
        if (leads && !led) {
            elected(replica);
        }
        if (after.commit() > before.commit()) {
            // A leader may commit and step down within one group of events.
            long term = leads ? after.term() : before.role() == RaftStatus.Role.LEADER ? before.term() : 0;
            checkCommit(replica, acting, term);
        }
        if (leads && persist != null) {
            world.memberships.appended(replica, acting, persist.entries());
        }
        world.memberships.stepped(replica, before);
    }

    /** Time has passed for this replica: if it lost its quorum it must have noticed (thesis §6.2). */
    void ticked(SimReplica replica) {
        RaftStatus status = replica.status;
        boolean misled = status.role() == RaftStatus.Role.LEADER && !status.quorumActive();
        check(!misled, "a leader without quorum steps down", replica.id, status.term());
    }

    private void elected(SimReplica replica) {
        long term = replica.status.term();
        long who = replica.id * 1_000_000L + replica.incarnation;
        Long other = leaders.putIfAbsent(term, who);
        check(other == null, "Election Safety: one leader in term " + term, other == null ? 0 : other, who);
        long index = committed;
        while (index > 0 && committedIn[(int) index] >= term) {
            index--;
        }
        SimLog log = replica.handed;
        if (index >= log.firstIndex()) {
            check(
                    log.lastIndex() >= index,
                    "Leader Completeness: log too short in term " + term,
                    log.lastIndex(),
                    index);
            check(
                    log.chainAt(index) == committedChain[(int) index],
                    "Leader Completeness: committed entry missing",
                    term,
                    index);
        }
    }

    private void checkMatching(SimReplica replica, List<LogEntry> entries) {
        for (LogEntry entry : entries) {
            long position = (entry.index() << TERM_BITS) + entry.term();
            boolean matches = matches(bones, position, replica.handed.bonesAt(entry.index()))
                    && (replica.witness || matches(chains, position, replica.handed.chainAt(entry.index())));
            check(matches, "Log Matching: different logs up to the same entry", entry.index(), entry.term());
            if (replica.witness) {
                check(
                        Payloads.bones(entry).length == entry.payload().length,
                        "a witness is given no data",
                        replica.id,
                        entry.payload().length);
            }
        }
    }

    private static boolean matches(HashMap<Long, Long> known, long position, long hash) {
        Long other = known.putIfAbsent(position, hash);
        return other == null || other == hash;
    }

    /** @param leaderTerm the term in which the replica committed as leader, 0 if it learnt as follower */
    private void checkCommit(SimReplica replica, Membership acting, long leaderTerm) {
        long commit = replica.status.commit();
        SimLog log = replica.handed;
        if (leaderTerm > 0) {
            world.memberships.ledIn(leaderTerm);
        }
        if (commit > committed) {
            check(leaderTerm > 0, "only a leader learns first that an entry is committed", replica.id, commit);
            makeRoom(commit);
            check(
                    committed < log.firstIndex() || log.chainAt(committed) == committedChain[(int) committed],
                    "a leader commits on top of what was committed",
                    committed,
                    commit);
            for (long index = committed + 1; index <= commit; index++) {
                committedChain[(int) index] = log.chainAt(index);
                committedBones[(int) index] = log.bonesAt(index);
                committedIn[(int) index] = leaderTerm;
            }
            long from = committed;
            committed = commit;
            world.memberships.committed(replica, acting, from, commit, leaderTerm);
        } else if (commit >= log.firstIndex()) {
            check(
                    agrees(replica, log, commit),
                    "State Machine Safety: replicas commit different entries",
                    replica.id,
                    commit);
        }
    }

    private boolean agrees(SimReplica replica, SimLog log, long index) {
        return replica.witness
                ? log.bonesAt(index) == committedBones[(int) index]
                : log.chainAt(index) == committedChain[(int) index];
    }

    /** Whether what is committed up to {@code index} is on the replica's disk. */
    boolean holds(SimReplica replica, long index) {
        SimLog disk = replica.disk;
        return replica.hasDisk()
                && (disk.firstIndex() > index || (disk.lastIndex() >= index && agrees(replica, disk, index)));
    }

    void applied(SimReplica replica, Machine machine) {
        check(machine.applied() <= committed, "only committed entries are applied", machine.applied(), committed);
        check(
                replica.witness
                        ? machine.bones() == committedBones[(int) machine.applied()]
                        : machine.chain() == committedChain[(int) machine.applied()],
                "State Machine Safety: replicas apply different entries",
                replica.id,
                machine.applied());
    }

    /** A message leaves: what it claims must be on disk. */
    void leaves(SimReplica replica, RaftMessage message) {
        HardState durable = replica.disk.hardState();
        if (message instanceof RaftMessage.AppendReply reply) {
            check(
                    durable.term() >= reply.term(),
                    "a term is durable before it is answered",
                    durable.term(),
                    reply.term());
            if (reply.success() && durable.term() == reply.term()) {
                check(
                        replica.disk.lastIndex() >= reply.index(),
                        "an entry is durable before it is acknowledged",
                        replica.disk.lastIndex(),
                        reply.index());
            }
        } else if (message instanceof RaftMessage.VoteReply reply && reply.granted() && !reply.pre()) {
            boolean kept =
                    durable.term() > reply.term() || (durable.term() == reply.term() && durable.vote() == reply.to());
            check(kept, "a vote is durable before it is given", durable.term(), reply.term());
        } else if (message instanceof RaftMessage.VoteRequest request && !request.pre()) {
            check(
                    durable.term() >= request.term(),
                    "a candidate's term is durable before it asks",
                    durable.term(),
                    request.term());
        }
    }

    private void makeRoom(long index) {
        if (index >= committedChain.length) {
            int length = (int) Math.max(index + 1, committedChain.length * 2L);
            committedChain = Arrays.copyOf(committedChain, length);
            committedBones = Arrays.copyOf(committedBones, length);
            committedIn = Arrays.copyOf(committedIn, length);
        }
    }

    private static void check(boolean holds, String promise, long left, long right) {
        if (!holds) {
            throw new SimViolation(promise + " (" + left + " vs " + right + ")");
        }
    }
}
