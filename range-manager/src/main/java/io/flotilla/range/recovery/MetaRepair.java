package io.flotilla.range.recovery;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvOp;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes the meta range say what recovered ranges have become. They count, since they serve; what the meta range says of the same keys may come from
 * replicas that are lost, or miss what those last wrote.
 *
 * <p>Only ranges that were forced are written about, which their generation shows: the leap over all that the lost replicas may have made of them. All
 * others keep their rows up to date themselves, by transactions that may be under way right now.
 */
public final class MetaRepair {
    private MetaRepair() {}

    /** Conditional writes, in key order; empty if nothing is to be done. */
    public static List<KvOp.DataWrite> of(List<RangeDescriptor> rows, List<RangeDescriptor> serving) {
        Map<Key, RangeDescriptor> before = new TreeMap<>();
        for (RangeDescriptor row : rows) {
            before.put(row.span().end(), row);
        }
        Map<Key, Optional<RangeDescriptor>> after = new TreeMap<>();
        for (RangeDescriptor range : serving) {
            if (isForced(range) && isBehind(rows, range)) {
                for (RangeDescriptor row : rows) {
                    // Halves of a split that the survivors never heard of, or the range itself within borders that are
                    // no more.
                    if (row.id().equals(range.id()) || range.span().contains(row.span())) {
                        after.putIfAbsent(row.span().end(), Optional.empty());
                    }
                }
                after.put(range.span().end(), Optional.of(range));
            }
        }
        List<KvOp.DataWrite> writes = new ArrayList<>();
        after.forEach((end, range) -> writes.add(
                new KvOp.CompareAndSet(KeySpace.meta(end), value(before.get(end)), value(range.orElse(null)))));
        return writes;
    }

    private static boolean isForced(RangeDescriptor range) {
        return leaps(range) > 0;
    }

    private static long leaps(RangeDescriptor range) {
        return range.generation() / RecoveryPlanner.LEAP;
    }

    private static boolean isBehind(List<RangeDescriptor> rows, RangeDescriptor range) {
        for (RangeDescriptor row : rows) {
            if (row.id().equals(range.id())) {
                return leaps(row) < leaps(range);
            }
        }
        return true;
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
