package io.flotilla.node.raft;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntPredicate;

/**
 * Who belongs to a group, by replica id, ascending.
 *
 * <p>{@code voters ∩ learners = ∅}, {@code outgoing ∩ learners = ∅}, {@code witnesses ⊆ members}. In each half witnesses are fewer than a majority: so
 * every quorum has a replica that holds data.
 *
 * @param voters who decides; in a joint state the configuration that is being entered
 * @param outgoing in a joint state (thesis §4.3) the voters of the configuration that is being left; else empty
 * @param learners follow without deciding anything
 * @param witnesses those of the others that keep a log without data: they vote, and never lead
 */
public record Membership(
        List<Integer> voters, List<Integer> outgoing, List<Integer> learners, List<Integer> witnesses) {
    public Membership {
        voters = ascending("voters", voters);
        outgoing = ascending("outgoing", outgoing);
        learners = ascending("learners", learners);
        witnesses = ascending("witnesses", witnesses);
        require(!voters.isEmpty(), "a group needs a voter", voters);
        for (int learner : learners) {
            require(!voters.contains(learner) && !outgoing.contains(learner), "a learner votes", learner);
        }
        for (int witness : witnesses) {
            require(
                    voters.contains(witness) || outgoing.contains(witness) || learners.contains(witness),
                    "a witness is no member",
                    witness);
        }
        require(witnessesAmong(voters, witnesses) < Quorum.majorityOf(voters.size()), "witnesses alone decide", voters);
        require(
                outgoing.isEmpty() || witnessesAmong(outgoing, witnesses) < Quorum.majorityOf(outgoing.size()),
                "witnesses alone decide",
                outgoing);
    }

    /** Voters that hold data, and nobody else. */
    public static Membership of(List<Integer> voters) {
        return new Membership(voters, List.of(), List.of(), List.of());
    }

    public boolean isJoint() {
        return !outgoing.isEmpty();
    }

    /** Whether it decides something, in either half. */
    public boolean isVoter(int replica) {
        return voters.contains(replica) || outgoing.contains(replica);
    }

    public boolean isLearner(int replica) {
        return learners.contains(replica);
    }

    public boolean isWitness(int replica) {
        return witnesses.contains(replica);
    }

    public boolean isMember(int replica) {
        return isVoter(replica) || isLearner(replica);
    }

    /** Whether it may lead: a voter, in either half, that holds data. */
    public boolean mayLead(int replica) {
        return isVoter(replica) && !isWitness(replica);
    }

    /** All of them, ascending. */
    public List<Integer> members() {
        TreeSet<Integer> all = new TreeSet<>(voters);
        all.addAll(outgoing);
        all.addAll(learners);
        return List.copyOf(all);
    }

    /** Whether those that satisfy {@code yes} can decide; in a joint state a majority of each half. */
    public boolean isQuorum(IntPredicate yes) {
        return new Quorum(this).isReachedBy(yes);
    }

    /** What a joint state leads to. */
    public Membership left() {
        List<Integer> remaining = new ArrayList<>();
        for (int witness : witnesses) {
            if (voters.contains(witness) || learners.contains(witness)) {
                remaining.add(witness);
            }
        }
        return new Membership(voters, List.of(), learners, remaining);
    }

    /**
     * Why a group may not go from here to {@code next}, whatever its replicas have; empty if it may. Learners come and go one entry at a time,
     * voters only through a joint state whose new voters were learners before; a joint state is only ever left.
     */
    public Optional<String> objectionTo(Membership next) {
        for (int replica : next.members()) {
            if (isMember(replica) && isWitness(replica) != next.isWitness(replica)) {
                return Optional.of("replica " + replica + " cannot change between full and witness");
            }
        }
        if (isJoint()) {
            return next.equals(left()) ? Optional.empty() : Optional.of("a joint state can only be left");
        }
        if (!next.isJoint()) {
            return next.voters.equals(voters)
                    ? Optional.empty()
                    : Optional.of("voters change only through a joint state");
        }
        if (!next.outgoing.equals(voters)) {
            return Optional.of("a joint state keeps the old voters as its outgoing half");
        }
        if (next.voters.equals(voters)) {
            return Optional.of("a joint state changes the voters");
        }
        List<Integer> learnersLeft = new ArrayList<>(learners);
        learnersLeft.removeAll(next.voters);
        if (!next.learners.equals(learnersLeft)) {
            return Optional.of("a joint state changes no learners but those that become voters");
        }
        for (int voter : next.voters) {
            if (!isMember(voter)) {
                return Optional.of("replica " + voter + " has to be a learner first");
            }
        }
        return Optional.empty();
    }

    /** {@code (1 2 4)&(1 2 3w) +5}: voters, the half that is left, learners; w marks a witness. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        append(text, "(", voters, " ", ")");
        if (isJoint()) {
            append(text, "&(", outgoing, " ", ")");
        }
        if (!learners.isEmpty()) {
            append(text, " +", learners, " +", "");
        }
        return text.toString();
    }

    private void append(StringBuilder text, String open, List<Integer> replicas, String between, String close) {
        String separator = open;
        for (int replica : replicas) {
            text.append(separator).append(replica).append(isWitness(replica) ? "w" : "");
            separator = between;
        }
        text.append(close);
    }

    private static int witnessesAmong(List<Integer> half, List<Integer> witnesses) {
        int count = 0;
        for (int replica : half) {
            count += witnesses.contains(replica) ? 1 : 0;
        }
        return count;
    }

    private static List<Integer> ascending(String what, Collection<Integer> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        List<Integer> sorted = List.copyOf(new TreeSet<>(ids));
        require(
                sorted.size() == ids.size() && sorted.get(0) > 0,
                "replica ids are positive and distinct: " + what,
                ids);
        return sorted;
    }

    private static void require(boolean holds, String what, Object which) {
        if (!holds) {
            throw new IllegalArgumentException(what + ": " + which);
        }
    }
}
