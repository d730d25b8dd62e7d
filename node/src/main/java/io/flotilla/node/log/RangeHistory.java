package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a stretch of the log says about one range, and how the next stretch changes that. Histories of neighbouring stretches add up, so that files can
 * be read side by side: {@code of(a + b) = of(a).then(of(b))}.
 *
 * <p>Collection removes the log's beginning, so a stretch may begin in the middle of things: what it leaves open must be closed by a later one, by {@link
 * #damage} at the latest. Not thread-safe.
 */
final class RangeHistory {
    private static final long NOWHERE = Long.MAX_VALUE;

    /** Whatever was known before is void. */
    private boolean reset;

    /** What was known of the hard state before is void. */
    private boolean removed;

    private @Nullable HardState hardState;
    private long hardPlace;

    /** The log begins after (baseIndex, baseTerm), if that is known. */
    private boolean baseKnown;

    private long baseIndex;
    private long baseTerm;
    private long basePlace;

    /** The lowest index that was appended; what was known from there on is overridden. */
    private long appendedFrom = NOWHERE;

    private final EntryPlaces entries = new EntryPlaces(1);

    /** Bytes of the entries; an average where a part of them was given up. */
    private long bytes;

    void hardState(HardState state, long place) {
        hardState = state;
        hardPlace = place;
    }

    /** The whole log was replaced. */
    void reset(long index, long term, long place) {
        reset = true;
        clear(index + 1);
        appendedFrom = NOWHERE;
        begin(index, term, place);
    }

    private void begin(long index, long term, long place) {
        baseKnown = true;
        baseIndex = index;
        baseTerm = term;
        basePlace = place;
    }

    void removed() {
        reset(0, 0, Place.NONE);
        removed = true;
        hardState = null;
        hardPlace = Place.NONE;
    }

    /** Everything up to {@code index} was given up. */
    void compact(long index, long term, long place) {
        if (baseKnown && index < baseIndex) {
            return;
        }
        begin(index, term, place);
        if (entries.isEmpty()) {
            clear(index + 1);
        } else if (index >= entries.first()) {
            forget(index + 1 - entries.first());
            entries.dropBelow(index + 1);
        }
    }

    private void clear(long first) {
        entries.clear(first);
        bytes = 0;
    }

    /** That many entries, on either end, are no longer counted. */
    private void forget(long gone) {
        long count = entries.end() - entries.first();
        if (gone > 0) {
            bytes -= gone >= count ? bytes : bytes * gone / count;
        }
    }

    /** One more entry; it overrides what was there and behind it. */
    void append(long index, long term, long place, int size) {
        if (baseKnown && index <= baseIndex) {
            return;
        }
        appendedFrom = Math.min(appendedFrom, index);
        if (entries.isEmpty() || index < entries.first()) {
            clear(index);
        } else {
            forget(entries.end() - index);
            entries.openUpTo(index);
        }
        entries.put(index, term, place);
        bytes += size;
    }

    /** An entry that is still valid was written down once more. */
    void moved(long index, long term, long place, int size) {
        if (baseKnown && index <= baseIndex) {
            return;
        }
        if (entries.isEmpty()) {
            clear(index);
        } else if (index < entries.first()) {
            entries.openBefore(index);
        }
        entries.openUpTo(index + 1);
        if (entries.place(index) == Place.NONE) {
            bytes += size;
        }
        entries.relocate(index, index + 1, place);
        entries.fillTerm(index, term);
    }

    /** This history and what came after it. */
    RangeHistory then(RangeHistory later) {
        if (later.reset) {
            if (!later.removed && later.hardState == null) {
                later.removed = removed;
                later.hardState = hardState;
                later.hardPlace = hardPlace;
            }
            return later;
        }
        if (later.hardState != null) {
            hardState(later.hardState, later.hardPlace);
        }
        if (later.appendedFrom != NOWHERE) {
            appendedFrom = Math.min(appendedFrom, later.appendedFrom);
            if (later.appendedFrom <= entries.first()) {
                clear(later.appendedFrom);
            } else {
                forget(entries.end() - later.appendedFrom);
                entries.truncate(later.appendedFrom);
            }
        }
        long count = later.entries.end() - later.entries.first();
        int size = count == 0 ? 0 : (int) (later.bytes / count);
        for (long index = later.entries.first(); index < later.entries.end(); index++) {
            long place = later.entries.place(index);
            if (place == Place.NONE) {
                continue;
            }
            long term = later.entries.term(index);
            if (index >= later.appendedFrom) {
                append(index, term, place, size);
            } else {
                moved(index, term, place, size);
            }
        }
        if (later.baseKnown) {
            compact(later.baseIndex, later.baseTerm, later.basePlace);
        }
        return this;
    }

    /** Why this is not a whole log; empty if it is. The whole log must have been read. */
    String damage(LongFunction<String> describe) {
        if (entries.isEmpty()) {
            return commitOf(hardState) > baseIndex
                    ? "committed entries " + (baseIndex + 1) + " to " + commitOf(hardState) + " are missing"
                    : "";
        }
        long begin = baseKnown ? baseIndex + 1 : 1;
        if (entries.first() > begin) {
            return "entries " + begin + " to " + (entries.first() - 1) + " are missing before "
                    + describe.apply(entries.place(entries.first()));
        }
        long hole = entries.firstHole();
        if (hole < entries.end()) {
            long behind = entries.firstBehindHole(hole);
            return "entries " + hole + " to " + (behind - 1) + " are missing before "
                    + describe.apply(entries.place(behind));
        }
        long last = entries.end() - 1;
        return commitOf(hardState) > last
                ? "committed entries " + (last + 1) + " to " + commitOf(hardState) + " are missing"
                : "";
    }

    private static long commitOf(@Nullable HardState state) {
        return state == null ? 0 : state.commit();
    }

    HardState hardState() {
        return hardState == null ? HardState.INITIAL : hardState;
    }

    long hardPlace() {
        return hardPlace;
    }

    long baseIndex() {
        return baseIndex;
    }

    long baseTerm() {
        return baseTerm;
    }

    long basePlace() {
        return basePlace;
    }

    long lastIndex() {
        return entries.isEmpty() ? baseIndex : entries.end() - 1;
    }

    long lastTerm() {
        return entries.isEmpty() ? baseTerm : entries.term(entries.end() - 1);
    }

    long bytes() {
        return bytes;
    }

    /** Handed over: this history is not to be used after. */
    EntryPlaces entries() {
        if (entries.isEmpty()) {
            entries.clear(baseIndex + 1);
        }
        return entries;
    }
}
