package io.flotilla.node.raft;

/**
 * A leadership transfer in progress (thesis §3.10).
 *
 * @param deadlineMicros when to give up
 * @param sent TimeoutNow is out: from here on there is no way back, the lease is gone for this term
 */
record Transfer(int toReplica, long deadlineMicros, boolean sent) {}
