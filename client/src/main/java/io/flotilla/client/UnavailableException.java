package io.flotilla.client;

/** No endpoint, or no majority of a key's replicas, could be reached until the deadline. */
public final class UnavailableException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    UnavailableException(ErrorCode code, String message, boolean maybeExecuted) {
        super(code, message, true, maybeExecuted);
    }

    /** True if the nodes are there but a majority of the key's replicas is not; false if nobody could be asked. */
    public boolean noQuorum() {
        return code() == ErrorCode.NO_QUORUM;
    }
}
