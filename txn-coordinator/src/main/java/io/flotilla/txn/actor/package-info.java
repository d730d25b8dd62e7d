/**
 * The shell of the transaction layer's gateway side: what hosts the machines of {@link io.flotilla.txn.coordinator}, the actor that gives it its turns (a
 * simulation gives them itself), and the thread-safe facade in front of it.
 *
 * <p>Decided here: nothing. Never here: a rule about transactions. Comes in: calls from any thread, replies, time. Goes out: batches through {@link
 * io.flotilla.config.kv.KvSender}, answers through callbacks.
 */
@NullMarked
package io.flotilla.txn.actor;

import org.jspecify.annotations.NullMarked;
