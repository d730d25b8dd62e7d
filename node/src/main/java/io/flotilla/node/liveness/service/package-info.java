/**
 * Store liveness, the shell: a timer's thread that ticks the core and heartbeats, a disk's thread that makes its state durable, and the file it is in.
 *
 * <p>Decided here: nothing about support; only whether the disk stands still. Never here: replicas, the wire's format. Comes in: messages of other
 * stores, the age of the log's write under way. Goes out: messages, {@link io.flotilla.node.liveness.LivenessView} for every turn of every replica, and
 * facts to a listener.
 */
@NullMarked
package io.flotilla.node.liveness.service;

import org.jspecify.annotations.NullMarked;
