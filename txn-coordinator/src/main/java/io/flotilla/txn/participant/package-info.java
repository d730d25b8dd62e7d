/**
 * The leaseholder's side of isolation: who may evaluate now, who waits for whom, and what was read at which timestamp (CockroachDB's concurrency
 * control, reduced to one thread per range).
 *
 * <p>Decided here: order among requests that touch the same keys. Never here: what a key's value is. Pure: time comes in.
 */
@NullMarked
package io.flotilla.txn.participant;

import org.jspecify.annotations.NullMarked;
