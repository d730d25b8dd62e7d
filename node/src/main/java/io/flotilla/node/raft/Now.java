package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;

/**
 * The time at which an event happened.
 *
 * @param micros monotonic, microseconds from an arbitrary origin; all timers and lease durations use it
 * @param hybrid a reading of the node's hybrid clock; only for the bounds of leases in timestamp space
 */
public record Now(long micros, Timestamp hybrid) {}
