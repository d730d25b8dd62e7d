package io.flotilla.node.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The snapshots that this replica's peers need, and how much of the log is kept for them: a peer that got the state at some index needs what comes after
 * it, or the next snapshot would be due before this one is through (B24).
 *
 * <p>Threading: the replica's own turn only.
 */
final class SnapshotsOut {
    /** How long after a snapshot got through its peer may take to show up in the log again. */
    private static final long GRACE_MICROS = 30_000_000;

    /** A log grows at most so much for the sake of a snapshot; beyond, that peer needs another one. */
    private static final long HELD_ENTRIES_MAX = 500_000;

    private static final class Hold {
        boolean wanted = true;
        long index = Long.MAX_VALUE;
        long untilMicros = Long.MAX_VALUE;
    }

    private final TreeMap<Integer, Hold> holds = new TreeMap<>();

    void want(int peer) {
        holds.put(peer, new Hold());
    }

    boolean isWanted(int peer) {
        Hold hold = holds.get(peer);
        return hold != null && hold.wanted;
    }

    /** It is being read as of that index. */
    void begun(int peer, long index) {
        Hold hold = holds.get(peer);
        if (hold != null) {
            hold.index = index;
        }
    }

    void ended(int peer, boolean success, long nowMicros) {
        Hold hold = holds.get(peer);
        if (hold == null) {
            return;
        }
        if (success) {
            hold.wanted = false;
            hold.untilMicros = nowMicros + GRACE_MICROS;
        } else {
            holds.remove(peer);
        }
    }

    /** This replica leads no more. Returns whose snapshots are given up. */
    List<Integer> giveUp() {
        List<Integer> wanted = new ArrayList<>();
        holds.forEach((peer, hold) -> {
            if (hold.wanted) {
                wanted.add(peer);
            }
        });
        holds.clear();
        return wanted;
    }

    /** How far the log may be forgotten of what could go up to {@code upTo}. */
    long mayForget(long upTo, long lastIndex, long nowMicros) {
        holds.values().removeIf(hold -> nowMicros > hold.untilMicros);
        long most = upTo;
        for (Hold hold : holds.values()) {
            if (lastIndex - hold.index <= HELD_ENTRIES_MAX) {
                most = Math.min(most, hold.index);
            }
        }
        return most;
    }

    /** Whether any is on its way or waits for its turn. That the log is kept for one that is through is nothing to stay awake for. */
    boolean isAnyWanted() {
        for (Hold hold : holds.values()) {
            if (hold.wanted) {
                return true;
            }
        }
        return false;
    }

    boolean isEmpty() {
        return holds.isEmpty();
    }
}
