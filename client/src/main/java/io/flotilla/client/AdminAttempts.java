package io.flotilla.client;

import io.flotilla.v1.Error;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;

/** How the attempts of one administrative call failed, and what that makes of the whole. For one thread. */
final class AdminAttempts {
    private static final int KEPT_MAX = 16;

    private final List<Failure> failures = new ArrayList<>();
    private boolean maybeExecuted;

    /** A server said no. */
    void refused(Error error) {
        add(Failure.of(error));
    }

    /** No answer came. @param sent false if the request certainly never left */
    void lost(String endpoint, StatusRuntimeException why, boolean sent) {
        Error.Code kind = kindOf(why.getStatus());
        if (kind == Error.Code.DEADLINE && !sent) {
            // Cut short by our own clock: what is known of the endpoint says more.
            if (failures.isEmpty()) {
                add(Failure.local(Error.Code.UNAVAILABLE, endpoint + ": not connected in time", false, "CONNECT"));
            }
            return;
        }
        add(Failure.local(kind, endpoint + ": " + reason(why), sent, sent ? "ANSWER" : "CONNECT"));
    }

    /** A server did a part of what was asked. */
    void begun() {
        maybeExecuted = true;
    }

    /** Whether any of them may have done what was asked. */
    boolean maybeExecuted() {
        return maybeExecuted;
    }

    private void add(Failure failure) {
        maybeExecuted |= failure.maybeExecuted();
        failures.add(failure);
        if (failures.size() > KEPT_MAX) {
            failures.remove(0);
        }
    }

    /** The last failure, and the others suppressed. It may have been executed if any attempt may have been. */
    FlotillaException toException() {
        Failure last = failures.isEmpty()
                ? Failure.local(Error.Code.UNAVAILABLE, "there was no time to connect", false, "CONNECT")
                : failures.get(failures.size() - 1);
        return last.maybeExecutedIf(maybeExecuted).toException(failures);
    }

    private static Error.Code kindOf(Status status) {
        return switch (status.getCode()) {
            case DEADLINE_EXCEEDED -> Error.Code.DEADLINE;
            case UNIMPLEMENTED, INVALID_ARGUMENT -> Error.Code.INVALID;
            default -> Error.Code.UNAVAILABLE;
        };
    }

    private static String reason(StatusRuntimeException e) {
        Throwable cause = e.getStatus().getCause();
        return e.getMessage() + (cause == null ? "" : " (" + cause.getMessage() + ")");
    }
}
