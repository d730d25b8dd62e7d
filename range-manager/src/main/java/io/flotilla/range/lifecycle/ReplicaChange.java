package io.flotilla.range.lifecycle;

import io.flotilla.config.id.NodeId;

/** What is wished for one range's replicas. */
public sealed interface ReplicaChange {
    /** One more voter. */
    record Add(NodeId node, boolean witness) implements ReplicaChange {}

    /** One voter, or a learner that was left behind, less. */
    record Remove(NodeId node) implements ReplicaChange {}

    /** Another node's replica in the place of this one's, in one step; a witness stays a witness. */
    record Move(NodeId from, NodeId to) implements ReplicaChange {}

    /** Whoever began a change of voters may have died: finish it. Learners are left alone. */
    record Settle() implements ReplicaChange {}

    /**
     * Whoever brought that learner in has died before it voted, or a split has left it to a range that nobody works on: it goes. What it was to be is not
     * known (one replica more, or one in the place of another), and without it the range is what it was. Once somebody makes a voter of it, it stays.
     */
    record TakeBack(int learnerId) implements ReplicaChange {}
}
