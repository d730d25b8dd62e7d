package io.flotilla.txn.coordinator;

import io.flotilla.config.time.Timestamp;

/**
 * The time of an event, read by the shell.
 *
 * @param micros a monotonic clock: for deadlines and pauses
 * @param clock the hybrid clock: for timestamps and the age of heartbeats
 */
public record TxnTime(long micros, Timestamp clock) {}
