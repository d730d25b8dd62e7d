/**
 * Multi-version state over an {@link io.flotilla.node.storage.Engine}: what a batch reads and writes at its timestamp.
 *
 * <p>Decided here: which version a reader sees, which intents are in its way, and the mutation (every value decided) that a write replicates. Never
 * here: who may evaluate (leases), who waits for whom, a transaction's fate ({@code io.flotilla.txn.record} decides that). Comes in: a batch, the
 * engine, a reading of the clock, what was read so far. Goes out: an {@link io.flotilla.node.mvcc.Evaluation}, or engine writes from a mutation's
 * bytes. Pure but for the engine it reads: evaluation writes nothing. Formats carry a version byte and have golden bytes in the tests.
 */
@NullMarked
package io.flotilla.node.mvcc;

import org.jspecify.annotations.NullMarked;
