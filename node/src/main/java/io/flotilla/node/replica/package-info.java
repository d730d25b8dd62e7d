/**
 * One copy of a range: consensus, state and isolation brought together, and the store that holds all copies of a node.
 *
 * <p>Decided here: whether this replica may answer, in which order a request is checked, evaluated, proposed, applied and answered; what a split or
 * a snapshot does to the copies on this node. Never here: how consensus, isolation or versions work (their own rooms decide), where else a key may live.
 * Comes in: range requests, Raft messages, durability notices, time. Goes out: replies, Raft messages, writes to the shared log and the engine.
 *
 * <p>{@link io.flotilla.node.replica.Replica} and what it is made of are single-threaded and deterministic over their ports; {@link
 * io.flotilla.node.replica.ReplicaActor} is the thin shell that gives each replica its turn.
 */
@NullMarked
package io.flotilla.node.replica;

import org.jspecify.annotations.NullMarked;
