package io.flotilla.node.raft;

import io.flotilla.config.lang.Invariant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The memberships that a replica's log goes through, from what is applied to its end. The latest is in effect, committed or not (Raft §6); one
 * that is cut off with the end of the log takes effect no longer.
 *
 * <p>{@code baseIndex <= applied < index of each change}, ascending.
 */
final class Configurations {
    private static final long SCAN_BYTES_MAX = 4L * 1024 * 1024;

    private record Change(long index, Membership membership) {}

    private final Function<byte[], Membership> membershipOf;
    private Membership base;
    private long baseIndex;
    private List<Change> changes = List.of();

    /** @param base in effect up to {@code applied} */
    Configurations(Function<byte[], Membership> membershipOf, Membership base) {
        this.membershipOf = membershipOf;
        this.base = base;
    }

    /** Finds the changes in what a restarted replica has not applied yet. */
    void scan(LogView log, long applied) {
        long next = applied + 1;
        long end = log.lastIndex() + 1;
        while (next < end) {
            List<LogEntry> entries = log.entries(next, end, SCAN_BYTES_MAX);
            for (LogEntry entry : entries) {
                appended(entry);
            }
            next += entries.size();
        }
    }

    Membership latest() {
        return changes.isEmpty() ? base : changes.get(changes.size() - 1).membership;
    }

    /** Where the latest came in; a position that is applied if that is all that matters. */
    long latestIndex() {
        return changes.isEmpty() ? baseIndex : changes.get(changes.size() - 1).index;
    }

    /** @return whether the membership changed */
    boolean appended(LogEntry entry) {
        if (entry.kind() != LogEntry.Kind.CONFIG) {
            return false;
        }
        Invariant.check(entry.index() > latestIndex(), "changes are in order", entry.index(), latestIndex());
        add(new Change(entry.index(), membershipOf.apply(entry.payload())));
        return true;
    }

    /** @return whether the membership changed */
    boolean truncatedFrom(long index) {
        int before = changes.size();
        while (!changes.isEmpty() && latestIndex() >= index) {
            changes.remove(changes.size() - 1);
        }
        return changes.size() != before;
    }

    void applied(long upTo) {
        while (!changes.isEmpty() && changes.get(0).index <= upTo) {
            Change first = changes.remove(0);
            base = first.membership;
            baseIndex = first.index;
        }
        if (changes.isEmpty()) {
            changes = List.of();
        }
    }

    /**
     * The state machine has jumped to a snapshot. Changes behind it stay if the log stays, and go with it.
     *
     * @return whether the membership changed
     */
    boolean installed(long index, Membership membership) {
        Membership before = latest();
        applied(index);
        base = membership;
        baseIndex = index;
        return !latest().equals(before);
    }

    private void add(Change change) {
        if (changes.isEmpty()) {
            changes = new ArrayList<>(1);
        }
        changes.add(change);
    }
}
