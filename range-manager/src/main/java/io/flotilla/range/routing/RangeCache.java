package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What this node believes about where keys live. It may be out of date, never contradictory: cached ranges do not overlap, and among
 * descriptors that would, the higher generation wins (a split gives both halves the generation after their parent's, so generations of
 * overlapping descriptors can be compared).
 *
 * <p>Threading: any thread. Readers take one volatile read and a binary search; writers, which are rare, copy.
 */
public final class RangeCache {
    /** A descriptor takes a few hundred bytes; a full cache starts again from the meta range's own entry. */
    public static final int RANGES_MAX = 50_000;

    private final int rangesMax;

    /** Ascending and disjoint: ranges[i].end <= ranges[i + 1].start. */
    private volatile CachedRange[] ranges = new CachedRange[0];

    public RangeCache() {
        this(RANGES_MAX);
    }

    RangeCache(int rangesMax) {
        this.rangesMax = rangesMax;
    }

    /** The cached descriptor of the range that holds {@code key}. */
    public Optional<RangeDescriptor> lookup(Key key) {
        CachedRange range = find(key);
        return range == null ? Optional.empty() : Optional.of(range.descriptor());
    }

    /** Who was last known to hold the lease of the range that holds {@code key}; {@link NodeId#NONE} if nobody is. */
    public NodeId leaseholder(Key key) {
        CachedRange range = find(key);
        return range == null ? NodeId.NONE : range.leaseholder();
    }

    /** All cached descriptors in key order. */
    public List<RangeDescriptor> snapshot() {
        CachedRange[] now = ranges;
        List<RangeDescriptor> descriptors = new ArrayList<>(now.length);
        for (CachedRange range : now) {
            descriptors.add(range.descriptor());
        }
        return descriptors;
    }

    /**
     * Takes in a descriptor; ranges that overlap it and are older are dropped.
     *
     * @return false if nothing changed because what is cached is as new or newer
     */
    public synchronized boolean insert(RangeDescriptor descriptor) {
        CachedRange[] old = ranges;
        Span span = descriptor.span();
        int from = firstEndingAfter(old, span.start());
        int to = from;
        NodeId leaseholder = NodeId.NONE;
        while (to < old.length && old[to].span().start().compareTo(span.end()) < 0) {
            RangeDescriptor known = old[to].descriptor();
            if (known.generation() > descriptor.generation()
                    || (known.generation() == descriptor.generation()
                            && known.id().equals(descriptor.id()))) {
                return false;
            }
            // Also after a split: the right side's replica beside the left side's leaseholder is the first to campaign.
            if (descriptor.replicaOn(old[to].leaseholder()).isPresent()) {
                leaseholder = old[to].leaseholder();
            }
            to++;
        }
        replace(old, from, to, new CachedRange(descriptor, leaseholder));
        return true;
    }

    /**
     * Takes in a descriptor that is older than what is known of some of its keys, if nothing is known of {@code key}, and as far around it as nothing is: of a
     * split one side may be known before the meta range has it, and whoever had a replica of the whole can tell of the other.
     */
    synchronized void fillIn(RangeDescriptor descriptor, Key key) {
        CachedRange[] old = ranges;
        int next = firstEndingAfter(old, key);
        boolean known = next < old.length && old[next].span().start().compareTo(key) <= 0;
        if (known || !descriptor.span().contains(key)) {
            return;
        }
        Key start = descriptor.span().start();
        Key end = descriptor.span().end();
        if (next > 0 && old[next - 1].span().end().compareTo(start) > 0) {
            start = old[next - 1].span().end();
        }
        if (next < old.length && old[next].span().start().compareTo(end) < 0) {
            end = old[next].span().start();
        }
        replace(old, next, next, new CachedRange(descriptor, new Span(start, end), NodeId.NONE));
    }

    /** Forgets a range that turned out to be stale, unless it was replaced meanwhile. The meta range is never forgotten. */
    synchronized void evict(CachedRange range) {
        if (range.descriptor().id().equals(RangeId.META)) {
            return;
        }
        CachedRange[] old = ranges;
        int at = firstEndingAfter(old, range.span().start());
        if (at < old.length && old[at] == range) {
            CachedRange[] shorter = new CachedRange[old.length - 1];
            System.arraycopy(old, 0, shorter, 0, at);
            System.arraycopy(old, at + 1, shorter, at, shorter.length - at);
            ranges = shorter;
        }
    }

    @Nullable
    CachedRange find(Key key) {
        CachedRange[] now = ranges;
        int at = firstEndingAfter(now, key);
        return at < now.length && now[at].span().start().compareTo(key) <= 0 ? now[at] : null;
    }

    private void replace(CachedRange[] old, int from, int to, CachedRange added) {
        if (old.length - (to - from) >= rangesMax) {
            List<CachedRange> kept = new ArrayList<>();
            for (CachedRange range : old) {
                if (range.descriptor().id().equals(RangeId.META)
                        && !range.span().overlaps(added.span())) {
                    kept.add(range);
                }
            }
            old = kept.toArray(new CachedRange[0]);
            from = firstEndingAfter(old, added.span().start());
            to = from;
        }
        CachedRange[] next = new CachedRange[old.length - (to - from) + 1];
        System.arraycopy(old, 0, next, 0, from);
        next[from] = added;
        System.arraycopy(old, to, next, from + 1, old.length - to);
        ranges = next;
    }

    /** The index of the first range whose end is above {@code key}; the length if there is none. */
    private static int firstEndingAfter(CachedRange[] ranges, Key key) {
        int low = 0;
        int high = ranges.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ranges[middle].span().end().compareTo(key) > 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
