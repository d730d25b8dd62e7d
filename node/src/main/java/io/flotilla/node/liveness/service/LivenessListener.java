package io.flotilla.node.liveness.service;

import io.flotilla.config.id.NodeId;

/**
 * Hears what has become true; the view that shows it is published before.
 *
 * <p>Threading: called on the disk's thread of store liveness or on a thread that brought a message, one fact at a time in no guaranteed order over
 * different nodes. Must be short and must not wait: the next promise waits behind it.
 */
public interface LivenessListener {
    /** This store no longer supports that node's at that epoch, durably: whoever leads there may be replaced. */
    void withdrawn(NodeId node, long epoch);

    /** That node's store supports this one, after a time in which it did not. */
    void supported(NodeId node, long epoch);
}
