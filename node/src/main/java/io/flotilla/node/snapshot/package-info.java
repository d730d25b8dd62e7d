/**
 * A range's whole state on its way from one store to another.
 *
 * <p>Decided here: how it is cut into chunks and proven whole, how fast and how many at a time it goes, where it waits on the receiver's disk. Never
 * here: whether a replica needs it, and what becomes of it then ({@code node.replica} installs). Comes in: cursors over a range's state; chunks from
 * other nodes. Goes out: chunks; a {@link io.flotilla.node.snapshot.StagedSnapshot} that is complete, verified and durable.
 *
 * <p>Memory is bounded by a chunk for each snapshot, whatever its size.
 */
@NullMarked
package io.flotilla.node.snapshot;

import org.jspecify.annotations.NullMarked;
