/**
 * The shared log of one store: every range's entries and hard states in one Chronicle Queue, appended by one writer, forced once per group.
 *
 * <p>Decided here: when something is durable. Never here: what an entry means. Comes in: writes per range. Goes out: a callback once durable, and
 * views for reading back. A disk error stops the store; a failed sync is never retried.
 */
@NullMarked
package io.flotilla.node.log;

import org.jspecify.annotations.NullMarked;
