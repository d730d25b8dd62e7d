/**
 * The operators' side of a node: how processes become a cluster, who its nodes are, and what is going on in it.
 *
 * <p>Decided here: what a cluster's first ranges are, which node may use which id. Never here: anything about a request, and nothing on the hot path. Comes
 * in: the operators' calls, other nodes' control messages. Goes out: reports, ordinary transactions on the system's own keys.
 */
@NullMarked
package io.flotilla.node.admin;

import org.jspecify.annotations.NullMarked;
