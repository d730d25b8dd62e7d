package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Span;

/**
 * A descriptor, of which keys it is believed, and who was last known to hold its lease. The last may be set by any thread; it is only a hint.
 */
final class CachedRange {
    private final RangeDescriptor descriptor;
    private final Span span;
    private volatile NodeId leaseholder;

    CachedRange(RangeDescriptor descriptor, NodeId leaseholder) {
        this(descriptor, descriptor.span(), leaseholder);
    }

    /** @param span a part of the descriptor's, or all of it */
    CachedRange(RangeDescriptor descriptor, Span span, NodeId leaseholder) {
        this.descriptor = descriptor;
        this.span = span;
        this.leaseholder = leaseholder;
    }

    RangeDescriptor descriptor() {
        return descriptor;
    }

    Span span() {
        return span;
    }

    NodeId leaseholder() {
        return leaseholder;
    }

    /** Nodes without a replica are not remembered. */
    void learnLeaseholder(NodeId node) {
        if (!leaseholder.equals(node) && descriptor.replicaOn(node).isPresent()) {
            leaseholder = node;
        }
    }

    void forgetLeaseholder(NodeId node) {
        if (leaseholder.equals(node)) {
            leaseholder = NodeId.NONE;
        }
    }
}
