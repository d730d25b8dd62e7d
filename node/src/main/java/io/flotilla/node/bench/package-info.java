/**
 * Benchmarks of one room of the server by itself, against what the machine can do at best, measured in the same run.
 *
 * <p>Nothing here is used by a running node. Comes in: a directory on the disk to measure. Goes out: text or JSON, and an exit code.
 */
@NullMarked
package io.flotilla.node.bench;

import org.jspecify.annotations.NullMarked;
