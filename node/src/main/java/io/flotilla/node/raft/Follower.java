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
        if (group.isInTheDark()) {
            group.askFortified();
        }
    }

    /** While the leader's store is supported, its silence means that there is nothing new; and who may not lead waits for whoever comes. */
    @Override
    boolean isQuiet(Now at) {
        return group.promises.stands() ? !group.isInTheDark() : !group.mayCampaign();
    }
}
