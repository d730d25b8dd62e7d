/**
 * The applied state of one store, behind the {@link io.flotilla.node.storage.Engine} port: RocksDB in earnest, a sorted map for tests and the simulator.
 *
 * <p>Decided here: how bytes are kept. Never here: what they mean. The Raft log is the write-ahead log, so writes are volatile until {@link
 * io.flotilla.node.storage.Engine#flush}; what was written in one batch survives or vanishes together, and never out of order.
 */
@NullMarked
package io.flotilla.node.storage;

import org.jspecify.annotations.NullMarked;
