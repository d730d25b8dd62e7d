/**
 * The node's public face: the gRPC services of {@code flotilla.v1}.
 *
 * <p>Decided here: whether a request is well formed and within the limits, what timestamp a fresh read gets, and how errors are told to
 * clients. Never here: where a key lives, whether a transaction commits. Comes in: requests from the wire. Goes out: batches by key
 * ({@link io.flotilla.config.kv.KvSender}), commits ({@link io.flotilla.txn.coordinator.TxnCoordinator}), operators' wishes
 * ({@link io.flotilla.node.grpc.ClusterAdmin}), answers to the wire. Nothing here blocks: handlers run on the event loops.
 */
@NullMarked
package io.flotilla.node.grpc;

import org.jspecify.annotations.NullMarked;
