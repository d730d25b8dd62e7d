/**
 * Where replicas should be.
 *
 * <p>Decided here: which replica goes to which node when a node is to lose all of its own. Never here: how a replica is moved ({@link
 * io.flotilla.range.lifecycle}), when to do it. Comes in: descriptors and nodes. Goes out: a plan, or why there is none. Pure.
 */
@NullMarked
package io.flotilla.range.placement;

import org.jspecify.annotations.NullMarked;
