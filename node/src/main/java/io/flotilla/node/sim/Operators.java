package io.flotilla.node.sim;

import io.flotilla.node.raft.Membership;
import io.flotilla.node.raft.RaftEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Those who change the group while it works: learners come and go, voters are swapped through joint states; and some ask for what they must not get. */
final class Operators {
    /** Replicas of one group, in all its life. */
    static final int REPLICAS_MAX = 16;

    private static final int VOTERS_MAX = 5;
    private static final int LEARNERS_MAX = 2;
    private static final long CALM_MEAN_MICROS = 200_000;

    private final World world;
    private final SplittableRandom random;
    private boolean calm;

    Operators(World world, SplittableRandom random) {
        this.world = world;
        this.random = random;
    }

    void start() {
        if (world.weather.changeMeanMicros() > 0) {
            actLater();
        }
    }

    /** From now on a joint state is left, and nothing new begun. */
    void calmDown() {
        calm = true;
    }

    private void actLater() {
        long mean = calm ? CALM_MEAN_MICROS : world.weather.changeMeanMicros();
        world.queue.after(random.nextLong(2 * mean), 7, () -> {
            act();
            actLater();
        });
    }

    private void act() {
        for (SimReplica each : List.copyOf(world.replicas)) {
            if (each.isLeader()) {
                act(each, each.membership);
            }
        }
    }

    private void act(SimReplica leader, Membership current) {
        if (!calm && random.nextInt(10) == 0) {
            mischief(leader, current);
        } else if (current.isJoint()) {
            if (current.voters().contains(leader.id)) {
                propose(leader, current.left());
            } else {
                leader.enqueue(new RaftEvent.TransferLeadership(pick(current.voters())));
            }
        } else if (!calm) {
            begin(current).ifPresent(next -> propose(leader, next));
        }
    }

    private Optional<Membership> begin(Membership current) {
        List<Integer> learners = new ArrayList<>(current.learners());
        int choice = random.nextInt(10);
        if (choice < 6 && !learners.isEmpty()) {
            return swap(current, random.nextInt(3) > 0);
        }
        if (choice == 6 && !learners.isEmpty()) {
            Integer gone = pick(learners);
            learners.remove(gone);
            List<Integer> witnesses = new ArrayList<>(current.witnesses());
            witnesses.remove(gone);
            return make(current.voters(), List.of(), learners, witnesses);
        }
        if (choice == 7 && current.voters().size() > 1) {
            return swap(current, true);
        }
        if (learners.size() < LEARNERS_MAX && world.replicas.size() < REPLICAS_MAX) {
            boolean witness = world.weather.witnesses() && random.nextInt(3) == 0;
            int id = world.admit(witness).id;
            learners.add(id);
            List<Integer> witnesses = new ArrayList<>(current.witnesses());
            if (witness) {
                witnesses.add(id);
            }
            return make(current.voters(), List.of(), learners, witnesses);
        }
        return Optional.empty();
    }

    /** Learners in, and as many or a few voters out. */
    private Optional<Membership> swap(Membership current, boolean drop) {
        List<Integer> voters = new ArrayList<>(current.voters());
        List<Integer> learners = new ArrayList<>(current.learners());
        int drops = drop ? 1 + random.nextInt(Math.max(1, Math.min(3, voters.size()))) : 0;
        for (int i = 0; i < drops && !voters.isEmpty(); i++) {
            voters.remove(pick(voters));
        }
        while (!learners.isEmpty() && voters.size() < VOTERS_MAX) {
            Integer promoted = pick(learners);
            learners.remove(promoted);
            voters.add(promoted);
        }
        return make(voters, current.voters(), learners, current.witnesses());
    }

    /** Any membership at all, which the leader may refuse. */
    private void mischief(SimReplica leader, Membership current) {
        List<Integer> voters = some(current.members());
        List<Integer> outgoing = random.nextBoolean() ? List.of() : some(current.members());
        List<Integer> learners = new ArrayList<>(current.members());
        learners.removeAll(voters);
        learners.removeAll(outgoing);
        List<Integer> witnesses = new ArrayList<>(current.witnesses());
        witnesses.removeIf(each -> !current.isMember(each));
        make(voters, outgoing, random.nextBoolean() ? learners : List.of(), witnesses)
                .ifPresent(next -> propose(leader, next));
    }

    private List<Integer> some(List<Integer> of) {
        List<Integer> some = new ArrayList<>();
        for (Integer each : of) {
            if (random.nextInt(3) > 0) {
                some.add(each);
            }
        }
        return some;
    }

    private Integer pick(List<Integer> from) {
        return from.get(random.nextInt(from.size()));
    }

    private void propose(SimReplica leader, Membership next) {
        world.traffic.asked(leader.id);
        leader.enqueue(RaftEvent.Propose.config(Payloads.change(next, random)));
        if (random.nextInt(6) == 0) {
            // Before the first is through: the second must wait.
            leader.enqueue(RaftEvent.Propose.config(Payloads.change(next.isJoint() ? next.left() : next, random)));
        }
    }

    private static Optional<Membership> make(
            List<Integer> voters, List<Integer> outgoing, List<Integer> learners, List<Integer> witnesses) {
        List<Integer> kept = new ArrayList<>();
        for (int witness : witnesses) {
            if (voters.contains(witness) || outgoing.contains(witness) || learners.contains(witness)) {
                kept.add(witness);
            }
        }
        try {
            return Optional.of(new Membership(voters, outgoing, learners, kept));
        } catch (IllegalArgumentException impossible) {
            return Optional.empty();
        }
    }
}
