package io.flotilla.node.grpc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.v1.Error;

/** How each {@link KvError} is told to a client. */
final class WireErrors {
    private WireErrors() {}

    static Error of(KvError error) {
        Error.Builder wire =
                Error.newBuilder().setMessage(error.message()).setMaybeExecuted(!error.provenNotExecuted());
        return isAboutOthers(error, wire) || isAboutService(error, wire)
                ? wire.build()
                : wire.setCode(Error.Code.INTERNAL).build();
    }

    static Error of(Error.Code code, String message) {
        return Error.newBuilder().setCode(code).setMessage(message).build();
    }

    /** What other transactions, or the state of the data, are the reason for. */
    private static boolean isAboutOthers(KvError error, Error.Builder wire) {
        if (error instanceof KvError.ConditionFailed failed) {
            Value actual = failed.actual();
            if (actual != null) {
                wire.setActual(Wire.bytes(actual));
            }
            about(wire, Error.Code.CONDITION_FAILED, failed.key());
        } else if (error instanceof KvError.Pushed pushed) {
            about(wire, Error.Code.CONFLICT, pushed.key())
                    .setRetryTimestamp(pushed.to().packed());
        } else if (error instanceof KvError.ReadUncertain uncertain) {
            about(wire, Error.Code.READ_UNCERTAIN, uncertain.key())
                    .setRetryTimestamp(uncertain.to().packed());
        } else if (error instanceof KvError.RefreshFailed failed) {
            about(wire, Error.Code.CONFLICT, failed.key());
        } else if (error instanceof KvError.TooOld old) {
            about(wire, Error.Code.CONFLICT, old.key());
        } else if (error instanceof KvError.TxnAborted) {
            wire.setCode(Error.Code.CONFLICT);
        } else if (error instanceof KvError.LockTimeout timeout) {
            about(wire, Error.Code.CONFLICT, timeout.key())
                    .setOther(Wire.txnId(timeout.holder().id()));
        } else {
            return false;
        }
        return true;
    }

    private static boolean isAboutService(KvError error, Error.Builder wire) {
        if (error instanceof KvError.DeadlineExceeded deadline) {
            wire.setCode(Error.Code.DEADLINE).setPhase(deadline.phase());
        } else if (error instanceof KvError.Unavailable unavailable) {
            about(
                    wire,
                    unavailable.reason().equals("NO_QUORUM") ? Error.Code.NO_QUORUM : Error.Code.UNAVAILABLE,
                    unavailable.key());
        } else if (error instanceof KvError.TooLarge) {
            wire.setCode(Error.Code.TOO_LARGE);
        } else if (error instanceof KvError.Invalid) {
            wire.setCode(Error.Code.INVALID);
        } else if (error instanceof KvError.Overloaded overloaded) {
            wire.setCode(Error.Code.OVERLOADED)
                    .setRetryAfterMs((int) Math.min(Integer.MAX_VALUE, overloaded.retryAfterMillis()));
        } else if (error instanceof KvError.DiskFull) {
            wire.setCode(Error.Code.DISK_FULL);
        } else if (error instanceof KvError.OutcomeUnknown unknown) {
            about(wire, Error.Code.OUTCOME_UNKNOWN, unknown.anchor()).setOther(Wire.txnId(unknown.id()));
        } else {
            return false;
        }
        return true;
    }

    private static Error.Builder about(Error.Builder wire, Error.Code code, Key key) {
        wire.setCode(code);
        if (KeySpace.isUser(key)) {
            wire.setKey(Wire.userKey(key));
        }
        return wire;
    }
}
