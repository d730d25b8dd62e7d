/**
 * Multi-version state over an {@link io.flotilla.node.storage.Engine}: what a batch reads and writes at its timestamp.
 *
 * <p>Decided here: which version a reader sees, which intents are in its way, and the mutation (every value decided) that a write replicates. Never
 * here: who may evaluate (leases), who waits for whom. Pure but for the engine it reads: it writes nothing itself.
 */
@NullMarked
package io.flotilla.node.mvcc;

import org.jspecify.annotations.NullMarked;
