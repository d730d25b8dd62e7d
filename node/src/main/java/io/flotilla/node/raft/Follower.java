package io.flotilla.node.raft;

/** Waits for a leader, and campaigns when none is heard (Raft §5.2). */
final class Follower extends Role {
    Follower(Consensus group) {
        super(group);
    }

    @Override
    RaftStatus.Role kind() {
        return RaftStatus.Role.FOLLOWER;
    }

    @Override
    void onTick() {
        if (group.electionDue()) {
            group.campaignIfFree();
        }
    }
}
