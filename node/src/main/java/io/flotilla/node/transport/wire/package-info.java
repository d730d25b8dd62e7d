/**
 * The bytes of everything that travels between nodes on the data path: Raft messages, key-value batches and replies, snapshot pieces.
 *
 * <p>Decided here: the format, version {@link io.flotilla.node.transport.wire.Wire#VERSION}; golden bytes in the tests pin it. Kinds are only ever
 * added. Never here: what a message means, a thread, a socket. Comes in: a value and a buffer with room, or bytes that may be hostile (every
 * length is checked against what is there before anything is allocated). Goes out: bytes, a value, or {@link
 * io.flotilla.node.transport.wire.WireFormatException}. Byte arrays are copied once on each side.
 */
@NullMarked
package io.flotilla.node.transport.wire;

import org.jspecify.annotations.NullMarked;
