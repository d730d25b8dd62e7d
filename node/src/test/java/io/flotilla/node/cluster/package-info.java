/**
 * Real processes, real disks, real sockets, real kills. Decided here: nothing; observed here: what only a real cluster can show. Comes in: the packaged server.
 * Goes out: failures that name what was lost.
 */
package io.flotilla.node.cluster;
