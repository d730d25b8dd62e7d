/**
 * Server processes on this machine, for commands that bring their own cluster.
 *
 * <p>Decided here: ports, directories, how a server is started, killed and stopped, and what it cost in CPU. Never here: what the cluster is used
 * for. Comes in: a directory and a number of nodes. Goes out: processes that are children of this one and never outlive an orderly end of it.
 */
@NullMarked
package io.flotilla.client.cli.local;

import org.jspecify.annotations.NullMarked;
