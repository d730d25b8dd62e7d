package io.flotilla.node.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Which changes of membership a leader takes on (Raft §6; thesis §4.1–4.3). */
final class ChangeGate {
    private ChangeGate() {}

    /**
     * @param isCaughtUp whether a replica has nearly all of what is committed
     * @return null if {@code next} may be appended by leader {@code self}
     */
    static @Nullable ProposalRefusal refusalOf(Membership current, Membership next, int self, IntPredicate isCaughtUp) {
        Optional<String> objection = current.objectionTo(next);
        if (objection.isPresent()) {
            return new ProposalRefusal.Illegal(objection.get());
        }
        if (current.isJoint() && !next.mayLead(self)) {
            // Its lease, and the entry itself, would hang on a replica that no longer counts.
            return new ProposalRefusal.LeaderLeaves();
        }
        if (!next.isJoint()) {
            return null;
        }
        List<Integer> behind = new ArrayList<>();
        for (int voter : next.voters()) {
            if (mustBeCaughtUp(voter, current, next) && !isCaughtUp.test(voter)) {
                behind.add(voter);
            }
        }
        if (behind.isEmpty() && !new Quorum(next.voters()).isReachedBy(isCaughtUp)) {
            // Nothing would be committed until they are: the group would stand still in the joint state.
            for (int voter : next.voters()) {
                if (!isCaughtUp.test(voter)) {
                    behind.add(voter);
                }
            }
        }
        return behind.isEmpty() ? null : new ProposalRefusal.NotCaughtUp(List.copyOf(behind));
    }

    /**
     * A new voter always; and where witnesses are left to vote, none of the replicas that hold data may go before all that stay have it: a witness
     * that alone is up to date outvotes every replica that could lead.
     */
    private static boolean mustBeCaughtUp(int voter, Membership current, Membership next) {
        boolean isNew = !current.voters().contains(voter);
        return isNew || (dropsData(current, next) && leavesWitness(next) && !next.isWitness(voter));
    }

    private static boolean dropsData(Membership current, Membership next) {
        return current.voters().stream()
                .anyMatch(old -> !current.isWitness(old) && !next.voters().contains(old));
    }

    private static boolean leavesWitness(Membership next) {
        return next.voters().stream().anyMatch(next::isWitness);
    }
}
