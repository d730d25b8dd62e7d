package io.flotilla.node.admin;

import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds learners that no change works on any more: its driver died, or a split copied them to a range that has no driver. Whoever drives a change asks
 * twice a second, or more often, how the group of its range stands, until its learner votes; so what nobody has asked after for long is abandoned. Every node
 * that may lead the range is asked, so each counts for itself, and nothing is forgotten when a lease moves.
 *
 * <p>Counts passes and reads no clock: what stood still has heard nothing meanwhile. Thread-safe.
 */
final class LearnerWatch {
    /** Also the time in which an operator whose command did not get through finds what it began. */
    static final int ABANDONED_PASSES = 120;

    /** A learner that nobody has asked after. */
    record Abandoned(RangeDescriptor range, int learnerId) {}

    /** @param passes since anybody has asked after the range, or has changed it */
    private record Seen(long generation, int passes) {}

    private Map<RangeId, Seen> seen = new HashMap<>();

    /** Somebody asks how that range's group stands. */
    synchronized void attended(RangeId range) {
        seen.remove(range);
    }

    /** To be called again and again, in equal intervals, with the ranges that have a replica here. */
    List<Abandoned> pass(Collection<RangeDescriptor> ranges) {
        List<Abandoned> all = new ArrayList<>();
        for (RangeDescriptor range : ranges) {
            ReplicaInfo learner = learner(range);
            if (learner != null) {
                all.add(new Abandoned(range, learner.replicaId()));
            }
        }
        count(all);
        return all;
    }

    /** Leaves those for which it is time. */
    private synchronized void count(List<Abandoned> learners) {
        Map<RangeId, Seen> now = new HashMap<>();
        learners.removeIf(each -> {
            RangeDescriptor range = each.range();
            Seen before = seen.get(range.id());
            int passes = before != null && before.generation() == range.generation() ? before.passes() + 1 : 0;
            now.put(range.id(), new Seen(range.generation(), passes));
            return passes < ABANDONED_PASSES;
        });
        seen = now;
    }

    /** One at a time; a change of voters that is under way is seen to before. */
    private static @Nullable ReplicaInfo learner(RangeDescriptor range) {
        if (!range.isJoint()) {
            for (ReplicaInfo replica : range.replicas()) {
                if (replica.kind() == ReplicaInfo.Kind.LEARNER) {
                    return replica;
                }
            }
        }
        return null;
    }
}
