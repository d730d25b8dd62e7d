package io.flotilla.client;

/**
 * What became of a write or a transaction.
 *
 * @param commitTimestamp packed hybrid timestamp; 0 unless committed
 */
public record Outcome(Status status, long commitTimestamp) {
    public enum Status {
        /** No trace of it. Without a fence it may still arrive. */
        UNKNOWN,
        /** Under way. */
        PENDING,
        /** Final. */
        COMMITTED,
        /** Final: nothing of it can ever be seen. */
        ABORTED
    }

    public boolean isFinal() {
        return status == Status.COMMITTED || status == Status.ABORTED;
    }
}
