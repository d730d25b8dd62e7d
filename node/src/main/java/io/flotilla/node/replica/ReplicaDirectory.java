package io.flotilla.node.replica;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * All replicas of a store, found by range id or by key. Replicas of one store never overlap, so the first keys of their ranges order them.
 *
 * <p>Threading: reads from any thread; changes are serialized here. A reader may see a split's left side shrunk before its right side is there.
 */
final class ReplicaDirectory {
    private final Map<Long, Slot> byRange = new ConcurrentHashMap<>();
    private final ConcurrentSkipListMap<Key, Slot> byStart = new ConcurrentSkipListMap<>();

    @Nullable
    Slot find(RangeId range) {
        return byRange.get(range.value());
    }

    int size() {
        return byRange.size();
    }

    /** In no particular order; reflects changes made meanwhile, or does not. */
    Collection<Slot> all() {
        return Collections.unmodifiableCollection(byRange.values());
    }

    synchronized void add(Slot slot) {
        byRange.put(slot.range().value(), slot);
        byStart.put(slot.descriptor().span().start(), slot);
    }

    /** Removes that very slot, if it is still there. */
    synchronized void remove(Slot slot) {
        byRange.remove(slot.range().value(), slot);
        byStart.remove(slot.descriptor().span().start(), slot);
    }

    synchronized void changed(Slot slot, RangeDescriptor descriptor) {
        Key before = slot.descriptor().span().start();
        slot.descriptor(descriptor);
        if (byRange.get(slot.range().value()) == slot) {
            byStart.remove(before, slot);
            byStart.put(descriptor.span().start(), slot);
        }
    }

    /** The descriptor of the range that holds {@code key}, if that range has a replica here. */
    Optional<RangeDescriptor> holding(Key key) {
        Map.Entry<Key, Slot> below = byStart.floorEntry(key);
        if (below == null) {
            return Optional.empty();
        }
        RangeDescriptor descriptor = below.getValue().descriptor();
        return descriptor.span().contains(key) ? Optional.of(descriptor) : Optional.empty();
    }

    /** In key order, all descriptors here that have a key in common with {@code span}. */
    List<RangeDescriptor> overlapping(Span span) {
        List<RangeDescriptor> found = new ArrayList<>();
        Key first = byStart.floorKey(span.start());
        for (Slot slot : byStart.subMap(first == null ? Key.MIN : first, true, span.end(), false)
                .values()) {
            RangeDescriptor descriptor = slot.descriptor();
            if (descriptor.span().overlaps(span)) {
                found.add(descriptor);
            }
        }
        return found;
    }

    /** Whether a replica of another range here has a key of {@code descriptor}'s range. */
    boolean overlapsOther(RangeDescriptor descriptor) {
        for (RangeDescriptor found : overlapping(descriptor.span())) {
            if (!found.id().equals(descriptor.id())) {
                return true;
            }
        }
        return false;
    }
}
