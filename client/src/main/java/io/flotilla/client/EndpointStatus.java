package io.flotilla.client;

/**
 * One endpoint as this client sees it.
 *
 * @param state CONNECTING, READY, SUSPECT (connected but silent) or BACKOFF
 * @param detail the last failure; empty if there was none
 */
public record EndpointStatus(String endpoint, State state, String detail) {
    public enum State {
        CONNECTING,
        READY,
        SUSPECT,
        BACKOFF
    }
}
