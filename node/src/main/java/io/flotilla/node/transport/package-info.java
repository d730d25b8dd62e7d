/**
 * The wire between nodes: Akka Cluster (Artery TCP), one coalesced stream per pair of nodes for Raft and KV traffic, another for snapshots.
 *
 * <p>Decided here: how messages are packed and which have waited too long. Never here: who leads, what is committed; Akka's view of the membership
 * decides nothing. Hot traffic is encoded by hand (versioned, golden bytes in the tests); control messages are Jackson CBOR.
 */
@NullMarked
package io.flotilla.node.transport;

import org.jspecify.annotations.NullMarked;
