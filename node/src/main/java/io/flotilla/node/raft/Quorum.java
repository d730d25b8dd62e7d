package io.flotilla.node.raft;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;

/**
 * Majorities, and nothing else. With a joint configuration (thesis §4.3) both halves must agree. Single-threaded: it keeps scratch space.
 */
final class Quorum {
    private final int[] incoming;
    private final int[] outgoing;
    private final long[] scratch;

    Quorum(Membership membership) {
        this(membership.voters(), membership.outgoing());
    }

    /** A configuration that is not joint. */
    Quorum(List<Integer> voters) {
        this(voters, List.of());
    }

    /** @param outgoing voters of the configuration being left; empty unless joint */
    Quorum(List<Integer> incoming, List<Integer> outgoing) {
        if (incoming.isEmpty()) {
            throw new IllegalArgumentException("a group needs at least one voter");
        }
        this.incoming = toArray(incoming);
        this.outgoing = toArray(outgoing);
        this.scratch = new long[Math.max(incoming.size(), outgoing.size())];
    }

    /** How many of {@code size} make a majority. */
    static int majorityOf(int size) {
        return size / 2 + 1;
    }

    boolean contains(int voter) {
        return indexOf(incoming, voter) >= 0 || indexOf(outgoing, voter) >= 0;
    }

    boolean isSingle() {
        return incoming.length == 1 && outgoing.length == 0;
    }

    /** The highest value that a quorum has reached, e.g. the commit index out of match indexes. */
    long reachedBy(IntToLongFunction valueOf) {
        long reached = reachedBy(incoming, valueOf);
        return outgoing.length == 0 ? reached : Math.min(reached, reachedBy(outgoing, valueOf));
    }

    /** Whether those that satisfy {@code yes} are a quorum. */
    boolean isReachedBy(IntPredicate yes) {
        return count(incoming, yes) >= majorityOf(incoming.length)
                && (outgoing.length == 0 || count(outgoing, yes) >= majorityOf(outgoing.length));
    }

    private long reachedBy(int[] voters, IntToLongFunction valueOf) {
        int size = voters.length;
        for (int i = 0; i < size; i++) {
            long value = valueOf.applyAsLong(voters[i]);
            int at = i;
            while (at > 0 && scratch[at - 1] < value) {
                scratch[at] = scratch[at - 1];
                at--;
            }
            scratch[at] = value;
        }
        return scratch[majorityOf(size) - 1];
    }

    private static int count(int[] voters, IntPredicate yes) {
        int count = 0;
        for (int voter : voters) {
            if (yes.test(voter)) {
                count++;
            }
        }
        return count;
    }

    private static int indexOf(int[] voters, int voter) {
        for (int i = 0; i < voters.length; i++) {
            if (voters[i] == voter) {
                return i;
            }
        }
        return -1;
    }

    private static int[] toArray(List<Integer> voters) {
        int[] array = new int[voters.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = voters.get(i);
        }
        return array;
    }
}
