/**
 * The control plane between nodes: who is there, at which addresses, of which cluster; bootstrap; and small administrative calls.
 *
 * <p>Decided here: whom to introduce to whom, and that a stranger (another cluster's node, a second bearer of a node id) is refused. Never here:
 * what is safe; membership as Akka sees it is a hint. Comes in: membership events, {@link
 * io.flotilla.node.transport.control.ControlMessage}s (Jackson CBOR). Goes out: calls of {@link
 * io.flotilla.node.transport.control.ControlHandler}.
 */
@NullMarked
package io.flotilla.node.transport.control;

import org.jspecify.annotations.NullMarked;
