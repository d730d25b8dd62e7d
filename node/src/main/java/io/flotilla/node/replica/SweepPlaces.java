package io.flotilla.node.replica;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which ranges are being swept, at most so many at once, and which wait for their turn. A range of which nothing is heard for long loses its place, so that a
 * message that was lost on the way to its replica costs that sweep and no more; what is heard of it later does not count.
 *
 * <p>Thread-safe.
 */
final class SweepPlaces {
    /** One range's turn. */
    static final class Place {
        private final long range;
        private long heardMicros;

        private Place(long range, long nowMicros) {
            this.range = range;
            this.heardMicros = nowMicros;
        }

        long range() {
            return range;
        }
    }

    private final int max;
    private final long patienceMicros;
    private final ArrayDeque<Long> waiting = new ArrayDeque<>();

    /** By identity; {@code size() <= max}. */
    private final Set<Place> taken = new LinkedHashSet<>();

    SweepPlaces(int max, long patienceMicros) {
        this.max = max;
        this.patienceMicros = patienceMicros;
    }

    synchronized void await(List<Long> ranges) {
        waiting.addAll(ranges);
    }

    /** The next range's place; null if no range waits or no place is free. */
    synchronized @Nullable Place take(long nowMicros) {
        if (taken.size() >= max || waiting.isEmpty()) {
            return null;
        }
        Place place = new Place(waiting.remove(), nowMicros);
        taken.add(place);
        return place;
    }

    /** @return false if it has lost its place meanwhile: there is nothing to be done then */
    synchronized boolean heard(Place place, long nowMicros) {
        place.heardMicros = nowMicros;
        return taken.contains(place);
    }

    /** @return false if it had lost its place before */
    synchronized boolean leave(Place place) {
        return taken.remove(place);
    }

    /** Takes the places of those of which nothing was heard for long; returns their ranges. */
    synchronized List<Long> giveUp(long nowMicros) {
        List<Long> lost = new ArrayList<>();
        taken.removeIf(place -> {
            boolean silent = nowMicros - place.heardMicros >= patienceMicros;
            if (silent) {
                lost.add(place.range);
            }
            return silent;
        });
        return lost;
    }
}
