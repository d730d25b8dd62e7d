/**
 * Changes of ranges as step machines: splits, and changes of replicas.
 *
 * <p>Decided here: the steps, what a descriptor becomes, and which descriptor may follow which. Never here: how a transaction commits (a port does that), when to do it. Comes in:
 * a wish, and the ports' answers. Goes out: reads by key ({@link io.flotilla.config.kv.KvSender}), transactions
 * ({@link io.flotilla.range.lifecycle.TransactionPort}), questions to a range's leaseholder ({@link
 * io.flotilla.range.lifecycle.ReplicaGroup}), one result. Pure: no clock, no thread; time comes through a port.
 */
@NullMarked
package io.flotilla.range.lifecycle;

import org.jspecify.annotations.NullMarked;
