package io.flotilla.range.recovery;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvOp;
import io.flotilla.range.lifecycle.RangeIds;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes the meta range say what the ranges are after a recovery. What a surviving replica has applied stands, and the higher generation is the newer: a range
 * that was forced has leapt over all that lost replicas may have made of it; and a meta range that goes on from a survivor that lagged behind has forgotten
 * the last changes of ranges that never lost their quorum. A row that is newer than what was seen of its range stays: it was written since.
 *
 * <p>Ranges only ever shrink, by splits, so of two that claim the same keys the one that has replicas left is right, and a row of which nobody has anything keeps
 * what nobody else claims: no hole is made that was not there. Two that both have replicas and contradict each other are left as they are.
 */
public final class MetaRepair {
    private MetaRepair() {}

    /**
     * Conditional writes, in key order; empty if nothing is to be done.
     *
     * @param rows of the meta range, in key order
     * @param applied the newest descriptor of each range that any surviving replica has applied
     */
    public static List<KvOp.DataWrite> of(List<RangeDescriptor> rows, List<RangeDescriptor> applied) {
        Map<Long, RangeDescriptor> written = new TreeMap<>();
        rows.forEach(row -> written.merge(row.id().value(), row, MetaRepair::newer));
        Map<Long, RangeDescriptor> here = new TreeMap<>();
        for (RangeDescriptor range : applied) {
            RangeDescriptor row = written.get(range.id().value());
            here.put(range.id().value(), row == null ? range : newer(row, range));
        }
        here.keySet().removeAll(contradicting(here.values()));
        Map<Key, RangeDescriptor> after = new TreeMap<>();
        here.values().forEach(range -> after.put(range.span().end(), range));
        for (RangeDescriptor row : written.values()) {
            if (!here.containsKey(row.id().value())) {
                unclaimed(row, here.values())
                        .ifPresent(rest -> after.putIfAbsent(rest.span().end(), rest));
            }
        }
        Map<Key, RangeDescriptor> before = new TreeMap<>();
        rows.forEach(row -> before.put(row.span().end(), row));
        TreeSet<Key> ends = new TreeSet<>(before.keySet());
        ends.addAll(after.keySet());
        List<KvOp.DataWrite> writes = new ArrayList<>();
        for (Key end : ends) {
            if (!Objects.equals(before.get(end), after.get(end))) {
                writes.add(new KvOp.CompareAndSet(KeySpace.meta(end), value(before.get(end)), value(after.get(end))));
            }
        }
        return writes;
    }

    /** So that no id is given to a second range: the allocator may have been rolled back with the rows. */
    public static Optional<KvOp.DataWrite> ofAllocator(@Nullable Value found, List<RangeDescriptor> applied) {
        long free = RangeIds.free(found);
        long needed = free;
        for (RangeDescriptor range : applied) {
            needed = Math.max(needed, range.id().value() + 1);
        }
        return needed == free
                ? Optional.empty()
                : Optional.of(new KvOp.CompareAndSet(KeySpace.rangeIdAllocator(), found, RangeIds.allocator(needed)));
    }

    private static RangeDescriptor newer(RangeDescriptor one, RangeDescriptor other) {
        return one.generation() >= other.generation() ? one : other;
    }

    private static Set<Long> contradicting(Collection<RangeDescriptor> ranges) {
        Set<Long> found = new TreeSet<>();
        RangeDescriptor furthest = null;
        for (RangeDescriptor range : inKeyOrder(ranges)) {
            if (furthest != null && furthest.span().overlaps(range.span())) {
                found.add(furthest.id().value());
                found.add(range.id().value());
            }
            if (furthest == null || range.span().end().compareTo(furthest.span().end()) > 0) {
                furthest = range;
            }
        }
        return found;
    }

    private static List<RangeDescriptor> inKeyOrder(Collection<RangeDescriptor> ranges) {
        List<RangeDescriptor> ordered = new ArrayList<>(ranges);
        ordered.sort(Comparator.comparing(range -> range.span().start()));
        return ordered;
    }

    /** The first stretch of it that none of the ranges claims; empty if they claim it all. */
    private static Optional<RangeDescriptor> unclaimed(RangeDescriptor row, Collection<RangeDescriptor> ranges) {
        Key start = row.span().start();
        Key end = row.span().end();
        for (RangeDescriptor range : inKeyOrder(ranges)) {
            if (range.span().contains(start)) {
                start = range.span().end();
            } else if (range.span().start().compareTo(start) > 0
                    && range.span().start().compareTo(end) < 0) {
                end = range.span().start();
            }
        }
        return start.compareTo(end) < 0
                ? Optional.of(new RangeDescriptor(
                        row.id(), row.generation(), new Span(start, end), row.replicas(), row.nextReplicaId()))
                : Optional.empty();
    }

    private static @Nullable Value value(@Nullable RangeDescriptor descriptor) {
        return descriptor == null ? null : Value.wrap(RangeDescriptorCodec.encode(descriptor));
    }

    /** Whether rows, in key order, lie side by side from the first key to the last; one line for each place where they do not. */
    public static List<String> gaps(List<RangeDescriptor> rows) {
        List<String> gaps = new ArrayList<>();
        Key reached = Key.MIN;
        for (RangeDescriptor row : rows) {
            Span span = row.span();
            if (!span.start().equals(reached)) {
                gaps.add("the meta range goes from " + KeySpace.describe(reached) + " to "
                        + KeySpace.describe(span.start()) + ", at " + row.id());
            }
            reached = span.end();
        }
        if (!reached.equals(Key.MAX)) {
            gaps.add("the meta range ends at " + KeySpace.describe(reached));
        }
        return gaps;
    }
}
