package io.flotilla.node.replica;

import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether all replicas of a range are still the same, asked by its leaseholder some seconds after the state has changed, and only then: an entry of the
 * log names the place, every replica says what its state added up to there, and whoever differs from a majority is wrong. Two against two, or one against
 * one, nobody can say who is.
 *
 * <p>Pure; the replica's own turn only.
 */
final class ConsistencyCheck {
    /** Divergence is found so soon after it came about; a range that is written without pause has one entry more in this time. */
    static final long AFTER_MICROS = 3_000_000;

    /** A replica that has not said anything by then is judged at the next check. */
    private static final long PATIENCE_MICROS = 5_000_000;

    /**
     * What has come of a check so far.
     *
     * @param diverged replicas that are wrong
     * @param undecided not all are the same, and no majority is
     */
    record Verdict(long index, List<Integer> diverged, boolean undecided) {
        static final Verdict FINE = new Verdict(0, List.of(), false);
    }

    /** What the state added up to when last looked at: unless it has changed, there is nothing to check. */
    private long checkedSum;

    private long changedMicros;
    private boolean changed;

    /** Nothing is asked before that: a check is under way. */
    private long busyUntilMicros;

    private Mutation.@Nullable Check counted;

    /** By replica id, at {@link #index}. */
    private final Map<Integer, Long> sums = new TreeMap<>();

    private long index;
    private boolean complete = true;

    ConsistencyCheck(StateChecksum now) {
        checkedSum = now.sum();
    }

    /** The range may have another checksum than before. */
    void look(StateChecksum now, long nowMicros) {
        if (!changed && now.sum() != checkedSum) {
            changed = true;
            changedMicros = nowMicros;
        }
    }

    /** What in the checksum is foreign since a split was counted: the next check takes it out. */
    void counted(Mutation.Check found) {
        counted = found;
    }

    /** Whether it helps to count now: nothing is counted already, and no check is under way that may bring it in. */
    boolean wantsCount(long nowMicros) {
        return counted == null && nowMicros >= busyUntilMicros;
    }

    /** The check to be proposed now, by a leaseholder; null for none. */
    Mutation.@Nullable Check due(StateChecksum now, RangeDescriptor range, long nowMicros) {
        Mutation.Check found = counted;
        if (nowMicros < busyUntilMicros) {
            return null;
        }
        counted = null;
        boolean useful = found != null && found.since() == now.since();
        boolean asked = changed && nowMicros - changedMicros >= AFTER_MICROS && isComparable(range);
        if (!useful && !asked) {
            return null;
        }
        busyUntilMicros = nowMicros + PATIENCE_MICROS;
        return useful ? found : new Mutation.Check(0, 0);
    }

    private static boolean isComparable(RangeDescriptor range) {
        return range.replicas().stream().filter(replica -> !replica.witness()).count() > 1;
    }

    /** Whether nothing would come of time passing; by a leaseholder. */
    boolean isQuiet(RangeDescriptor range, long nowMicros) {
        return !(changed && isComparable(range)) && counted == null && (complete || nowMicros >= busyUntilMicros);
    }

    /** This replica has applied a check. */
    void applied(StateApplier.Checked own) {
        checkedSum = own.sum();
        changed = false;
        if (own.index() > index) {
            index = own.index();
            sums.clear();
            complete = false;
        }
    }

    /** A replica, perhaps this one, says what it found at that index. By a leaseholder. */
    Verdict heard(RangeDescriptor range, int replica, StateApplier.Checked found) {
        if (found.index() != index) {
            return Verdict.FINE;
        }
        sums.put(replica, found.sum());
        Map<Long, Integer> votes = new TreeMap<>();
        int voters = 0;
        int silent = 0;
        for (ReplicaInfo each : range.replicas()) {
            if (!each.witness()) {
                Long sum = sums.get(each.replicaId());
                silent += sum == null ? 1 : 0;
                if (each.staysVoter()) {
                    voters++;
                    if (sum != null) {
                        votes.merge(sum, 1, Integer::sum);
                    }
                }
            }
        }
        complete = silent == 0;
        if (complete) {
            busyUntilMicros = 0;
        }
        return verdict(votes, voters);
    }

    private Verdict verdict(Map<Long, Integer> votes, int voters) {
        for (Map.Entry<Long, Integer> each : votes.entrySet()) {
            if (each.getValue() > voters / 2) {
                List<Integer> wrong = new ArrayList<>();
                sums.forEach((replica, sum) -> {
                    if (!sum.equals(each.getKey())) {
                        wrong.add(replica);
                    }
                });
                return new Verdict(index, wrong, false);
            }
        }
        return new Verdict(index, List.of(), complete && votes.size() > 1);
    }
}
