/**
 * The wire between nodes: Akka Cluster (Artery TCP), one coalesced stream per pair of nodes for Raft and KV traffic, another for snapshots.
 *
 * <p>Decided here: how messages are packed and which have waited too long. Never here: who leads, what is committed; Akka's view of the membership
 * decides nothing. Hot traffic is encoded by hand (versioned, golden bytes in the tests); control messages are Jackson CBOR.
 *
 * <p>Comes in: messages for other nodes ({@link io.flotilla.node.transport.Transport}), envelopes from them. Goes out: envelopes; arrivals through
 * {@link io.flotilla.node.transport.Transport.Inbound}. Frames for a peer wait in its outbox until Akka's stream asks for the next message and are
 * then written straight into its buffer: batches form by themselves under load, nothing waits without it, and it is known which call never left.
 */
@NullMarked
package io.flotilla.node.transport;

import org.jspecify.annotations.NullMarked;
