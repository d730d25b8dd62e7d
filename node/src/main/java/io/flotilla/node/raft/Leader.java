package io.flotilla.node.raft;

import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/** Takes proposals, commits, and hands over (Raft §5.3, §5.4, §8; thesis §3.10, §6.4). */
final class Leader extends Role {
    private final LeaderLease lease;
    private final Replication replication;
    private final ReadRequests reads;

    /** The first entry of this term; when it is committed, so is everything before it that ever was (Raft §8). */
    private final long firstOwnIndex;

    private final long term;
    private final IntToLongFunction matchOf;
    private final IntToLongFunction ackedRoundOf;
    private @Nullable Transfer transfer;

    /** In a joint state: no lease of the group before it reached further. */
    private Timestamp leasedBeforeJoint = Timestamp.ZERO;

    /** Newly elected. */
    Leader(Consensus group, Timestamp leaseStart) {
        this(group, leaseStart, group.log.lastIndex() + 1, 0);
    }

    /** Leading since before it was frozen. */
    Leader(Consensus group, FrozenRaft.Leading frozen) {
        this(group, frozen.leaseStart, frozen.firstOwnIndex, frozen.round);
        replication.thaw(frozen);
    }

    private Leader(Consensus group, Timestamp leaseStart, long firstOwnIndex, long roundsBefore) {
        super(group);
        this.term = group.term;
        this.firstOwnIndex = firstOwnIndex;
        this.lease = new LeaderLease(group, this::peer, leaseStart, firstOwnIndex);
        this.replication = new Replication(group, lease, group.log.lastIndex() + 1, roundsBefore);
        this.reads = new ReadRequests(group.out);
        this.matchOf = replication::matchOf;
        this.ackedRoundOf = replication::ackedRoundOf;
        noteJoint();
    }

    private void noteJoint() {
        if (group.membership().isJoint()) {
            leasedBeforeJoint = group.now.hybrid().plusMicros(group.leaseMicros).max(lease.start());
        }
    }

    private @Nullable Progress peer(int replica) {
        return replication.of(replica);
    }

    /** Called once this is the group's role. */
    void start() {
        group.append(LogEntry.empty(firstOwnIndex, group.term));
        replication.broadcast();
    }

    @Override
    RaftStatus.Role kind() {
        return RaftStatus.Role.LEADER;
    }

    // Time

    @Override
    void onTick() {
        lease.look(replication.peers());
        if (!quorumActive()) {
            // Thesis §6.2: a leader cut off from its quorum must not keep its clients waiting.
            group.follow(group.term, 0);
            return;
        }
        if (transfer != null && group.now.micros() >= transfer.deadlineMicros()) {
            if (transfer.sent()) {
                group.follow(group.term, 0);
                return;
            }
            transfer = null;
        }
        replication.tick(2 * group.electionMicros);
    }

    @Override
    List<Integer> caughtUp() {
        List<Integer> caughtUp = new ArrayList<>();
        for (int replica : group.membership().members()) {
            if (replica == group.self || replication.isCaughtUp(replica)) {
                caughtUp.add(replica);
            }
        }
        return caughtUp;
    }

    @Override
    boolean quorumActive() {
        return lease.quorumActive();
    }

    @Override
    boolean isHandingOver() {
        return transfer != null;
    }

    @Override
    boolean mayVote() {
        return lease.isDeposable();
    }

    @Override
    void onSign(int replica) {
        Progress peer = replication.of(replica);
        if (peer != null) {
            peer.knocked(group.now.micros());
        }
    }

    @Override
    void onAsked(int replica) {
        Progress peer = replication.of(replica);
        if (peer != null) {
            peer.forgot();
        }
    }

    // Requests

    @Override
    void onPropose(RaftEvent.Propose proposal) {
        if (transfer != null) {
            group.out.refused(new ProposalRefusal.HandingOver());
            return;
        }
        ProposalRefusal refusal = refusalOfChange(proposal);
        if (refusal != null) {
            group.out.refused(refusal);
            return;
        }
        long index = group.log.lastIndex() + 1;
        group.out.proposed(index);
        List<byte[]> payloads = proposal.payloads();
        for (int i = 0; i < payloads.size(); i++) {
            group.append(new LogEntry(index++, group.term, proposal.kind(i), payloads.get(i)));
        }
    }

    private @Nullable ProposalRefusal refusalOfChange(RaftEvent.Propose proposal) {
        int at = proposal.kinds().indexOf(LogEntry.Kind.CONFIG);
        if (at < 0) {
            return null;
        }
        if (group.commit < firstOwnIndex) {
            return new ProposalRefusal.TooEarly();
        }
        if (!group.isChangeApplied()) {
            return new ProposalRefusal.ChangeUnderWay(group.changeIndex());
        }
        if (proposal.kinds().lastIndexOf(LogEntry.Kind.CONFIG) != at) {
            return new ProposalRefusal.ChangeUnderWay(group.log.lastIndex() + 1 + at);
        }
        Membership next = group.config.membershipOf().apply(proposal.payloads().get(at));
        ProposalRefusal refusal = ChangeGate.refusalOf(group.membership(), next, group.self, replication::isCaughtUp);
        if (refusal == null && group.membership().isJoint() && !lease.isHeardOfUpTo(leasedBeforeJoint)) {
            // The next leader may be elected by voters that never heard how far the leases of the old configuration
            // reached.
            return new ProposalRefusal.TooEarly();
        }
        return refusal;
    }

    @Override
    void onMembership() {
        noteJoint();
        replication.become(group.membership(), group.log.lastIndex());
        replication.broadcast();
    }

    @Override
    void onReadIndex(long request) {
        // The round opened here has not left yet: who acknowledges it, followed this leader after the request came in.
        if (group.commit < firstOwnIndex) {
            reads.addEarly(request, replication.round());
        } else {
            reads.add(request, group.commit, replication.round());
        }
        replication.broadcast();
    }

    @Override
    void onTransfer(int toReplica) {
        // A replica that is cold, or on its way out, would only lengthen the pause.
        Membership membership = group.membership();
        boolean fit = membership.mayLead(toReplica) && membership.voters().contains(toReplica) && isThere(toReplica);
        if (transfer != null || toReplica == group.self || !fit || !replication.isCaughtUp(toReplica)) {
            return;
        }
        transfer = new Transfer(toReplica, group.now.micros() + group.electionMicros, false);
        continueTransfer();
    }

    /** Unless this group knows nothing of stores: whether that replica's store is alive, as far as this one knows. */
    private boolean isThere(int replica) {
        Progress peer = replication.of(replica);
        return peer != null && (peer.fortifiedEpoch() == Support.NO_EPOCH || lease.isFortified(peer));
    }

    @Override
    void onCampaign() {
        // Leading already.
    }

    @Override
    void onTimeoutNow(RaftMessage.TimeoutNow message) {
        // Only a leader sends it, and in this term that is this replica.
    }

    // Replication

    @Override
    void onPersisted(long number) {
        advanceCommit();
    }

    @Override
    void onAppendReply(RaftMessage.AppendReply reply) {
        Progress peer = replication.of(reply.from());
        if (peer == null) {
            return;
        }
        if (reply.round() > 0) {
            peer.heard(group.now.micros(), reply.round(), reply.fortifiedEpoch());
        }
        if (reply.success()) {
            Invariant.check(
                    reply.index() <= group.log.lastIndex(),
                    "a follower acknowledges what was never sent",
                    reply.index(),
                    group.log.lastIndex());
            peer.matched(reply.index(), reply.round(), group.log.firstIndex());
            peer.tookIn(reply.round(), reply.index());
            advanceCommit();
            continueTransfer();
        } else if (reply.round() > 0) {
            replication.rejected(peer, reply);
        }
        reads.confirmed(group.quorum.reachedBy(ackedRoundOf));
    }

    @Override
    void onUnreachable(int replica) {
        replication.unreachable(replica);
    }

    @Override
    void onSnapshotSent(int toReplica, boolean success) {
        replication.snapshotSent(toReplica, success);
    }

    private void advanceCommit() {
        long reached = group.quorum.reachedBy(matchOf);
        // Raft §5.4.2: only entries of the own term are committed by counting replicas.
        if (reached <= group.commit || reached < firstOwnIndex) {
            return;
        }
        group.commit = reached;
        reads.commitKnown(reached);
        if (!reads.isEmpty()) {
            reads.confirmed(group.quorum.reachedBy(ackedRoundOf));
        }
    }

    private void continueTransfer() {
        Transfer current = transfer;
        if (current == null || current.sent()) {
            return;
        }
        Progress target = replication.of(current.toReplica());
        if (target == null || target.match() != group.log.lastIndex()) {
            return;
        }
        // The shell serves nothing above its own hybrid clock, so what it served is below this reading.
        Timestamp servedUpTo = group.now.hybrid().max(lease.start());
        transfer = new Transfer(current.toReplica(), group.now.micros() + group.electionMicros, true);
        lease.giveUp();
        group.out.now(new RaftMessage.TimeoutNow(group.self, current.toReplica(), group.term, servedUpTo));
    }

    @Override
    void flush() {
        replication.flush(!reads.isIdle());
        if (group.quorum.isSingle()) {
            reads.confirmed(replication.round());
        }
    }

    @Override
    Lease lease(Now at) {
        return lease.at(at);
    }

    // Sleep

    @Override
    boolean isQuiet(Now at) {
        return transfer == null
                && reads.isIdle()
                && group.commit == group.log.lastIndex()
                && lease.at(at).isHeldAt(at.micros())
                && replication.isQuiet();
    }

    @Override
    FrozenRaft.Leading freeze() {
        return replication.freeze(firstOwnIndex);
    }

    @Override
    List<Integer> waitsFor() {
        return replication.waitsFor();
    }

    @Override
    void leave() {
        reads.refuseAll();
        // Nothing was served above this node's own clock.
        group.promises.saw(group.now.hybrid());
        if (lease.isGone() && group.term > term) {
            return; // there is a successor
        }
        for (Progress peer : replication.peers()) {
            if (peer.fortifiedEpoch() != Support.NO_EPOCH) {
                group.out.afterPersist(
                        new RaftMessage.Defortify(group.self, peer.peer, term, group.promises.servedUpTo(group.now)));
            }
        }
    }
}
