package io.flotilla.range.recovery;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.range.recovery.RecoveryPlan.Forced;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Decides from which survivor each range without a quorum goes on. A function of the reports alone.
 *
 * <p>For each range the newest descriptor that any survivor knows says who its replicas are, so a replica that was removed long ago and has not heard of it
 * is no source. Among the survivors that hold data the one with the most complete log is the source; the others stay if the source's log covers what they
 * know to be committed. A witness never is a source: it knows how far the log went, and nothing of what was in it.
 *
 * <p>HAZARD: the nodes called lost must not come back. Two of them together may still be a majority of what the range was.
 */
public final class RecoveryPlanner {
    /** Far above any term and any generation that the lost replicas may have reached among themselves, so that theirs and ours never meet. */
    static final long LEAP = 1_000;

    private RecoveryPlanner() {}

    /** How often a range was forced, at least, by its generation. */
    public static long leaps(RangeDescriptor range) {
        return range.generation() / LEAP;
    }

    /** @param survivors the replicas of all stores that are left */
    public static RecoveryPlan plan(List<Survivor> survivors) {
        Map<RangeId, List<Survivor>> byRange = new TreeMap<>(Comparator.comparingLong(RangeId::value));
        for (Survivor survivor : survivors) {
            byRange.computeIfAbsent(survivor.descriptor().id(), range -> new ArrayList<>())
                    .add(survivor);
        }
        List<RangeDescriptor> found = new ArrayList<>();
        List<Forced> forced = new ArrayList<>();
        int untouched = 0;
        for (List<Survivor> replicas : byRange.values()) {
            RangeDescriptor newest = newest(replicas);
            List<Survivor> members = members(newest, replicas);
            Set<Integer> here = new HashSet<>();
            members.forEach(member -> here.add(infoOf(member, newest).replicaId()));
            if (newest.isQuorum(replica -> here.contains(replica.replicaId()))) {
                untouched++;
                found.add(newest);
            } else {
                Optional<Forced> way = force(newest, members);
                way.ifPresent(forced::add);
                way.ifPresent(range -> found.add(range.before()));
            }
        }
        List<String> problems = new ArrayList<>();
        Set<RangeId> contradicted = new HashSet<>();
        List<Span> holes = cover(found, problems, contradicted);
        forced.removeIf(range -> contradicted.contains(range.before().id()));
        forced.sort(RecoveryPlanner::metaFirst);
        return new RecoveryPlan(forced, untouched, holes, problems);
    }

    private static int metaFirst(Forced left, Forced right) {
        boolean leftMeta = left.before().id().equals(RangeId.META);
        boolean rightMeta = right.before().id().equals(RangeId.META);
        return leftMeta != rightMeta
                ? (leftMeta ? -1 : 1)
                : left.before().span().start().compareTo(right.before().span().start());
    }

    private static RangeDescriptor newest(List<Survivor> replicas) {
        RangeDescriptor newest = replicas.get(0).descriptor();
        for (Survivor replica : replicas) {
            if (replica.descriptor().generation() > newest.generation()) {
                newest = replica.descriptor();
            }
        }
        return newest;
    }

    /** Those of them that are still of the range. */
    private static List<Survivor> members(RangeDescriptor newest, List<Survivor> replicas) {
        List<Survivor> members = new ArrayList<>();
        for (Survivor replica : replicas) {
            ReplicaInfo own = replica.descriptor().replicaOn(replica.node()).orElseThrow();
            if (newest.replica(own.replicaId()).isPresent()) {
                members.add(replica);
            }
        }
        return members;
    }

    private static ReplicaInfo infoOf(Survivor survivor, RangeDescriptor range) {
        int id = survivor.descriptor().replicaOn(survivor.node()).orElseThrow().replicaId();
        return range.replica(id).orElseThrow();
    }

    /** Empty if nobody among them holds data. */
    private static Optional<Forced> force(RangeDescriptor newest, List<Survivor> members) {
        Survivor source = null;
        long highest = 0;
        long known = 0;
        for (Survivor member : members) {
            highest = Math.max(highest, member.term());
            known = Math.max(known, member.commit());
            boolean witness =
                    member.descriptor().replicaOn(member.node()).orElseThrow().witness();
            if (!witness && (source == null || member.isAheadOf(source))) {
                source = member;
            }
        }
        if (source == null) {
            return Optional.empty();
        }
        RangeDescriptor before = source.descriptor();
        RangeDescriptor after = new RangeDescriptor(
                before.id(),
                newest.generation() + LEAP,
                before.span(),
                remaining(source, members),
                newest.nextReplicaId());
        long lost = Math.max(0, known - source.lastIndex());
        return Optional.of(new Forced(before, after, source, highest + LEAP, lost));
    }

    /** The source votes whatever it was before; others that voted go on to do so, if what they hold to be true stays true. */
    private static List<ReplicaInfo> remaining(Survivor source, List<Survivor> members) {
        Set<NodeId> fit = new HashSet<>();
        for (Survivor member : members) {
            if (member.commit() <= source.lastIndex()) {
                fit.add(member.node());
            }
        }
        List<ReplicaInfo> remaining = new ArrayList<>();
        int witnesses = 0;
        int full = 0;
        for (ReplicaInfo replica : source.descriptor().replicas()) {
            boolean votes = replica.kind() != ReplicaInfo.Kind.LEARNER;
            boolean isSource = replica.node().equals(source.node());
            if (isSource || (votes && fit.contains(replica.node()))) {
                remaining.add(replica.as(ReplicaInfo.Kind.VOTER));
                witnesses += replica.witness() ? 1 : 0;
                full += replica.witness() ? 0 : 1;
            }
        }
        if (witnesses > (full + witnesses) / 2) {
            // Witnesses alone could decide.
            remaining.removeIf(ReplicaInfo::witness);
        }
        return remaining;
    }

    /** Whether the ranges lie side by side from the first key to the last. */
    private static List<Span> cover(List<RangeDescriptor> ranges, List<String> problems, Set<RangeId> contradicted) {
        List<RangeDescriptor> ordered = new ArrayList<>(ranges);
        ordered.sort(Comparator.comparing(range -> range.span().start()));
        List<Span> holes = new ArrayList<>();
        Key reached = Key.MIN;
        RangeDescriptor furthest = null;
        for (RangeDescriptor range : ordered) {
            Key start = range.span().start();
            if (start.compareTo(reached) > 0) {
                holes.add(new Span(reached, start));
            } else if (furthest != null && start.compareTo(reached) < 0) {
                problems.add(furthest.id() + " and " + range.id() + " both claim ["
                        + KeySpace.describe(start) + ", "
                        + KeySpace.describe(min(reached, range.span().end()))
                        + "): one of them has not heard of a split; left as they are");
                contradicted.add(furthest.id());
                contradicted.add(range.id());
            }
            if (range.span().end().compareTo(reached) > 0) {
                reached = range.span().end();
                furthest = range;
            }
        }
        if (reached.compareTo(Key.MAX) < 0) {
            holes.add(new Span(reached, Key.MAX));
        }
        return holes;
    }

    private static Key min(Key left, Key right) {
        return left.compareTo(right) <= 0 ? left : right;
    }
}
