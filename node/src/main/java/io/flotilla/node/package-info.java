/**
 * One server process. {@link io.flotilla.node.NodeApp} is the only place that builds adapters and ties the rooms together.
 *
 * <p>Decided here: in which order rooms start and stop, and how a set of processes becomes a cluster. Never here: anything about a request.
 */
@NullMarked
package io.flotilla.node;

import org.jspecify.annotations.NullMarked;
