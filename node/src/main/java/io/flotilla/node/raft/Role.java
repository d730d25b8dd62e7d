package io.flotilla.node.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a replica is at the moment (Raft §5.1). What is not overridden is ignored in that role. */
abstract sealed class Role permits Follower, Candidate, Leader {
    final Consensus group;

    Role(Consensus group) {
        this.group = group;
    }

    abstract RaftStatus.Role kind();

    abstract void onTick();

    /** Whether a vote for somebody else would break no promise. */
    boolean mayVote() {
        return group.promises.allowVote(group.now);
    }

    /** {@code replica} has said something that is no answer to a leader. */
    void onSign(int replica) {}

    /** That replica waits for this one, and asks whether it should. */
    void onAsked(int replica) {}

    void onVoteReply(RaftMessage.VoteReply reply) {}

    void onAppendReply(RaftMessage.AppendReply reply) {}

    void onTimeoutNow(RaftMessage.TimeoutNow message) {
        group.campaign(Campaign.transferred(message));
    }

    void onCampaign() {
        group.campaignIfFree();
    }

    void onPersisted(long number) {}

    void onPropose(RaftEvent.Propose proposal) {
        group.out.refused(new ProposalRefusal.NotLeader(group.leader()));
    }

    void onReadIndex(long request) {
        group.out.read(request, 0);
    }

    void onTransfer(int toReplica) {}

    void onSnapshotSent(int toReplica, boolean success) {}

    void onUnreachable(int replica) {}

    /** The configuration has changed. */
    void onMembership() {}

    /** All events of this step were handled: the last chance to send. */
    void flush() {}

    /** Another role takes over. */
    void leave() {}

    /** Leader only: replicas that have nearly all of what is committed, itself among them. */
    List<Integer> caughtUp() {
        return List.of();
    }

    Lease lease(Now at) {
        return Lease.NONE;
    }

    /** Whether nothing would come of the time passing. */
    abstract boolean isQuiet(Now at);

    /** What a leader must not forget. */
    FrozenRaft.@Nullable Leading freeze() {
        return null;
    }

    List<Integer> waitsFor() {
        return List.of();
    }

    boolean quorumActive() {
        return false;
    }

    boolean isHandingOver() {
        return false;
    }
}
