/**
 * Consensus, pure: Raft (Ongaro and Ousterhout 2014; Ongaro's thesis) with pre-vote, check-quorum, leases on store liveness (fortified leaders), pipelined and
 * batched replication, joint consensus, learners, witnesses, leadership transfer and snapshots.
 *
 * <p>Decided here: who leads, what is committed, until when a leader may serve reads. Never here: a clock, a thread, a disk, a socket, a
 * random source of its own. Comes in: events with the time they happened at. Goes out: {@link io.flotilla.node.raft.Ready}.
 */
@NullMarked
package io.flotilla.node.raft;

import org.jspecify.annotations.NullMarked;
