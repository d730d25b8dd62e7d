package io.flotilla.node.liveness;

/** What has become true; the view that shows it is published before. */
public sealed interface LivenessFact {
    int node();

    long epoch();

    /** This store no longer supports that one at that epoch, and that is durable. */
    record Withdrawn(int node, long epoch) implements LivenessFact {}

    /** That store supports this one, after a time in which it did not or was not known to. */
    record Supported(int node, long epoch) implements LivenessFact {}
}
