package io.flotilla.node.log;

import io.flotilla.config.lang.Invariant;
import java.util.Arrays;

/**
 * Term and place of each entry of a stretch of one range's log, a few bytes for each. While a log is being recovered there may be holes: entries
 * whose places are not known yet.
 *
 * <p>Entry i, in [first, first + count), lies in slot start + (i - first). Not thread-safe.
 */
final class EntryPlaces {
    private static final int[] NOTHING = {};
    private static final int HOLE = 0; // the queue's own header is there, never an entry
    private static final int CAPACITY_MIN = 4;

    private long first;
    private int start;
    private int count;
    private int[] positions = NOTHING;
    private final Runs cycles = new Runs();
    private final Runs terms = new Runs();

    EntryPlaces(long first) {
        this.first = first;
    }

    long first() {
        return first;
    }

    /** The index behind the last entry. */
    long end() {
        return first + count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    boolean contains(long index) {
        return index >= first && index < end();
    }

    long term(long index) {
        return terms.at(index);
    }

    /** {@link Place#NONE} in a hole. */
    long place(long index) {
        int position = positions[slot(index)];
        return position == HOLE ? Place.NONE : Place.of((int) cycles.at(index), position);
    }

    private int slot(long index) {
        return start + (int) (index - first);
    }

    /** Whatever was at {@code index} and behind it is overridden; {@code index} is in [first, end]. */
    void put(long index, long term, long place) {
        truncate(index);
        Invariant.check(index == end(), "entries leave a gap", index, end());
        ensureSlot();
        positions[start + count] = Place.position(place);
        count++;
        cycles.from(index, Place.cycle(place));
        terms.from(index, term);
    }

    /** Entries in [from, to), which are here or holes, lie there; nothing else changes. */
    void relocate(long from, long to, long place) {
        Arrays.fill(positions, slot(from), slot(to), Place.position(place));
        cycles.between(from, to, Place.cycle(place), end() - 1);
    }

    /** What was a hole has this term; for any other entry it is what it was. */
    void fillTerm(long index, long term) {
        if (terms.at(index) != term) {
            terms.between(index, index + 1, term, end() - 1);
        }
    }

    /** Makes {@code index} the first one, with holes up to what was the first before. */
    void openBefore(long index) {
        int more = (int) Math.min(first - index, Integer.MAX_VALUE - 8L);
        Invariant.check(more >= 0 && first - index == more, "entries are too far apart", index, first);
        int[] larger = new int[more + count];
        System.arraycopy(positions, start, larger, more, count);
        positions = larger;
        start = 0;
        count += more;
        first = index;
        if (more > 0) {
            cycles.before(index, 0);
            terms.before(index, 0);
        }
    }

    /** Makes {@code end} the index behind the last, with holes. */
    void openUpTo(long end) {
        while (end() < end) {
            put(end(), 0, Place.NONE);
        }
    }

    /** Forgets {@code index} and what is behind it. */
    void truncate(long index) {
        if (index < end()) {
            count = (int) Math.max(0, index - first);
            cycles.truncate(index);
            terms.truncate(index);
        }
    }

    /** Forgets what is before {@code index}, which becomes the first; all, if it is beyond the end. */
    void dropBelow(long index) {
        if (index >= end()) {
            clear(index);
        } else if (index > first) {
            int gone = (int) (index - first);
            start += gone;
            count -= gone;
            first = index;
            cycles.dropBelow(index);
            terms.dropBelow(index);
            if (start > 2 * count) {
                compact(count);
            }
        }
    }

    void clear(long newFirst) {
        first = newFirst;
        start = 0;
        count = 0;
        positions = NOTHING;
        cycles.clear();
        terms.clear();
    }

    /** The oldest file that holds one; there is one. */
    int oldestCycle() {
        return (int) cycles.least();
    }

    /** The first index in [from, end) that is in {@code cycleMax} or an older file; {@link #end} if none is. */
    long firstWithin(int cycleMax, long from) {
        long index = Math.max(from, first);
        while (index < end() && cycles.at(index) > cycleMax) {
            index++;
        }
        return Math.min(index, end());
    }

    /** The last index that is in {@code cycleMax} or an older file; 0 if none is. */
    long lastWithin(int cycleMax) {
        long index = end() - 1;
        while (index >= first && cycles.at(index) > cycleMax) {
            index--;
        }
        return index < first ? 0 : index;
    }

    /** The first index in [from, end) that is in a file newer than {@code cycleMax}; {@link #end} if none is. */
    long firstBehind(int cycleMax, long from) {
        long index = Math.max(from, first);
        while (index < end() && cycles.at(index) <= cycleMax) {
            index++;
        }
        return Math.min(index, end());
    }

    /** The first hole, or {@link #end}. */
    long firstHole() {
        for (int i = 0; i < count; i++) {
            if (positions[start + i] == HOLE) {
                return first + i;
            }
        }
        return end();
    }

    /** The first entry behind a hole; there is one, since the last is never a hole. */
    long firstBehindHole(long hole) {
        long index = hole;
        while (positions[slot(index)] == HOLE) {
            index++;
        }
        return index;
    }

    private void ensureSlot() {
        if (start + count == positions.length) {
            compact(Math.max(CAPACITY_MIN, start > count ? positions.length : count + 1 + count / 2));
        }
    }

    private void compact(int capacity) {
        positions = Arrays.copyOfRange(positions, start, start + capacity);
        start = 0;
    }
}
