package io.flotilla.client;

/** What kind of failure; stable names, fit for scripts. */
public enum ErrorCode {
    /** The caller's mistake. */
    INVALID,
    /** A named limit is exceeded. */
    TOO_LARGE,
    /** Another transaction was in the way, on each attempt. */
    CONFLICT,
    /** The time is up. */
    DEADLINE,
    /** A majority of the key's replicas cannot be reached. */
    NO_QUORUM,
    /** No endpoint or no replica could be reached, or the cluster is not initialized. */
    UNAVAILABLE,
    OVERLOADED,
    /** A server has no room for new data; reads and deletes work. */
    DISK_FULL,
    /** It could not be found out whether the write committed. */
    OUTCOME_UNKNOWN,
    NOT_FOUND,
    INTERNAL
}
