package io.flotilla.node.replica;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which replicas of a store are awake, so that only they are given ticks; which have rested, and since when, so that they can be put to sleep; and which
 * are to be woken, so that not all wake at once. Those that sleep are not known here at all.
 *
 * <p>A replica is in one of these at most. Pure but for its lock: thread-safe.
 *
 * @param <T> a replica's door
 */
final class Wakefulness<T> {
    /** When as many are awake as may be, some are woken nevertheless: those that are awake may be busy for other reasons, and stay so. */
    private static final int PROGRESS_PARTS = 16;

    private final long idleMicros;
    private final int wakingMax;
    private final Set<T> awake = new LinkedHashSet<>();
    private final Map<T, Long> restingSince = new LinkedHashMap<>();
    private final Set<T> toWake = new LinkedHashSet<>();

    /**
     * @param idleMicros who has rested for so long may be put to sleep
     * @param wakingMax so many may be awake when one is woken whose turn it is
     */
    Wakefulness(long idleMicros, int wakingMax) {
        this.idleMicros = idleMicros;
        this.wakingMax = wakingMax;
    }

    /** Something happens to it. */
    synchronized void awake(T replica) {
        restingSince.remove(replica);
        toWake.remove(replica);
        awake.add(replica);
    }

    /** Nothing would come of time passing for it. */
    synchronized void rests(T replica, long nowMicros) {
        awake.remove(replica);
        restingSince.remove(replica);
        restingSince.put(replica, nowMicros);
    }

    /** It is about to sleep; false if it is to be woken, for then it must not. Whoever is to be woken from now on is woken by being told something. */
    synchronized boolean sleeps(T replica) {
        if (toWake.contains(replica)) {
            return false;
        }
        awake.remove(replica);
        restingSince.remove(replica);
        return true;
    }

    /** It is no more. */
    synchronized void forget(T replica) {
        awake.remove(replica);
        restingSince.remove(replica);
        toWake.remove(replica);
    }

    /** They are to be woken, in that order, unless they are awake; {@link #takeTurns} says when. */
    synchronized void wakeInTurn(Collection<T> replicas) {
        for (T replica : replicas) {
            if (!awake.contains(replica)) {
                toWake.add(replica);
            }
        }
    }

    /** All that are awake. */
    synchronized List<T> awake() {
        return new ArrayList<>(awake);
    }

    /** Whose turn it is to be woken now; they are not named again. */
    synchronized List<T> takeTurns() {
        return takeTurns(Math.max(wakingMax - awake.size(), Math.max(1, wakingMax / PROGRESS_PARTS)));
    }

    /** The same, for at most {@code room} of them, however many are awake. */
    synchronized List<T> takeTurns(int room) {
        List<T> due = new ArrayList<>();
        Iterator<T> next = toWake.iterator();
        while (due.size() < room && next.hasNext()) {
            due.add(next.next());
            next.remove();
        }
        return due;
    }

    /** Whether anybody is awake or is to be woken. */
    synchronized boolean isTickNeeded() {
        return !awake.isEmpty() || !toWake.isEmpty();
    }

    /** Whether anybody rests. */
    synchronized boolean hasResting() {
        return !restingSince.isEmpty();
    }

    /** The first {@code most} of those that have rested long enough. They are named again later if they still rest then. */
    synchronized List<T> drowsy(long nowMicros, int most) {
        List<T> found = new ArrayList<>();
        Iterator<Map.Entry<T, Long>> oldest = restingSince.entrySet().iterator();
        while (found.size() < most && oldest.hasNext()) {
            Map.Entry<T, Long> each = oldest.next();
            if (nowMicros - each.getValue() < idleMicros) {
                break;
            }
            found.add(each.getKey());
        }
        for (T each : found) {
            restingSince.remove(each);
            restingSince.put(each, nowMicros);
        }
        return found;
    }

    synchronized int awakeCount() {
        return awake.size();
    }

    synchronized int toWakeCount() {
        return toWake.size();
    }
}
