package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;
import java.util.TreeMap;

/** Collects votes (Raft §5.2), or answers to the question whether it would get them (thesis §9.6). */
final class Candidate extends Role {
    private static final int ASKED_AGAIN_MAX = 4;

    private final Campaign campaign;

    /** One answer per voter: a repeated reply counts once. */
    private final TreeMap<Integer, Boolean> answers = new TreeMap<>();

    private final long ownVotePersist;
    private Timestamp leaseSeen;
    private long resendMicros;
    private int asks;

    Candidate(Consensus group, Campaign campaign) {
        super(group);
        this.campaign = campaign;
        this.leaseSeen = group.promises.leaseSeen();
        this.ownVotePersist = group.out.nextPersistNumber();
    }

    @Override
    boolean isQuiet(Now at) {
        return false;
    }

    /** Called once this is the group's role. */
    void start() {
        ask();
        if (campaign.pre()) {
            // A pre-vote promises nothing, so it need not be durable.
            answers.put(group.self, true);
            decide();
        }
    }

    @Override
    RaftStatus.Role kind() {
        return campaign.pre() ? RaftStatus.Role.PRE_CANDIDATE : RaftStatus.Role.CANDIDATE;
    }

    @Override
    void onTick() {
        if (group.electionDue()) {
            group.campaignIfFree();
        } else if (group.now.micros() >= resendMicros) {
            ask();
        }
    }

    /** The own vote counts once it is durable, like everybody's. */
    @Override
    void onPersisted(long number) {
        if (!campaign.pre() && number >= ownVotePersist) {
            answers.put(group.self, true);
            decide();
        }
    }

    @Override
    void onVoteReply(RaftMessage.VoteReply reply) {
        // An answer counts only for the question asked: same phase, same term.
        long askedTerm = campaign.pre() && reply.granted() ? group.term + 1 : group.term;
        if (reply.pre() != campaign.pre() || reply.term() != askedTerm || !group.quorum.contains(reply.from())) {
            return;
        }
        Boolean before = answers.get(reply.from());
        // A vote is cast once; what somebody would do may change.
        if (before != null && !(campaign.pre() && reply.granted())) {
            return;
        }
        answers.put(reply.from(), reply.granted());
        if (reply.granted()) {
            leaseSeen = leaseSeen.max(reply.leaseSeen());
        }
        decide();
    }

    private void decide() {
        if (!group.quorum.isReachedBy(voter -> answers.getOrDefault(voter, false))) {
            return;
        }
        if (campaign.pre()) {
            group.campaign(Campaign.REAL);
        } else {
            group.lead(campaign.transfer() ? campaign.servedUpTo() : leaseSeen);
        }
    }

    private void ask() {
        long tickMicros = group.config.settings().tickMillis() * 1_000;
        resendMicros = group.now.micros() + Math.min(group.heartbeatMicros, tickMicros << Math.min(asks, 10));
        // The others may not have noticed yet that the leader is gone, as this replica has.
        boolean again = campaign.pre() && asks < ASKED_AGAIN_MAX && group.timer.failures() <= 1;
        asks++;
        long askedTerm = campaign.pre() ? group.term + 1 : group.term;
        Membership membership = group.membership();
        for (int voter : membership.members()) {
            Boolean answer = answers.get(voter);
            if (voter == group.self || !membership.isVoter(voter) || (answer != null && (answer || !again))) {
                continue;
            }
            RaftMessage.VoteRequest request = new RaftMessage.VoteRequest(
                    group.self,
                    voter,
                    askedTerm,
                    campaign.pre(),
                    group.log.lastIndex(),
                    group.log.lastTerm(),
                    campaign.transfer());
            if (campaign.pre()) {
                group.out.now(request);
            } else {
                // A candidate that forgot its term could ask twice in one term, with different logs.
                group.out.afterPersist(request);
            }
        }
    }
}
