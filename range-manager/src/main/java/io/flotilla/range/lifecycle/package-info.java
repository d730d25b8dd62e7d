/**
 * Changes of ranges as step machines: split today; merge and replica changes to come.
 *
 * <p>Decided here: the steps, and what a descriptor becomes. Never here: how a transaction commits (a port does that), when to do it. Comes in:
 * a wish, and the ports' answers. Goes out: reads by key ({@link io.flotilla.config.kv.KvSender}), transactions
 * ({@link io.flotilla.range.lifecycle.TransactionPort}), one result. Pure: no clock, no thread; time comes through a port.
 */
@NullMarked
package io.flotilla.range.lifecycle;

import org.jspecify.annotations.NullMarked;
