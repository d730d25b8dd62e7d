package io.flotilla.node.transport.wire;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import java.nio.ByteBuffer;

/** Why a batch was refused: a kind byte and its fields. */
final class KvErrorWire {
    private static final byte CONDITION_FAILED = 1;
    private static final byte PUSHED = 2;
    private static final byte READ_UNCERTAIN = 3;
    private static final byte REFRESH_FAILED = 4;
    private static final byte TXN_ABORTED = 5;
    private static final byte LOCK_TIMEOUT = 6;
    private static final byte DEADLINE_EXCEEDED = 7;
    private static final byte UNAVAILABLE = 8;
    private static final byte TOO_LARGE = 9;
    private static final byte INVALID = 10;
    private static final byte OVERLOADED = 11;
    private static final byte OUTCOME_UNKNOWN = 12;
    private static final byte INTERNAL = 13;
    private static final byte DISK_FULL = 14;
    private static final byte TOO_OLD = 15;

    private KvErrorWire() {}

    static void put(ByteBuffer out, KvError error) {
        if (error instanceof KvError.ConditionFailed failed) {
            out.put(CONDITION_FAILED);
            Wire.putKey(out, failed.key());
            Wire.putOptionalValue(out, failed.actual());
        } else if (error instanceof KvError.Pushed pushed) {
            out.put(PUSHED);
            Wire.putKey(out, pushed.key());
            Wire.putTimestamp(out, pushed.to());
        } else if (error instanceof KvError.ReadUncertain uncertain) {
            out.put(READ_UNCERTAIN);
            Wire.putKey(out, uncertain.key());
            Wire.putTimestamp(out, uncertain.to());
        } else if (error instanceof KvError.RefreshFailed failed) {
            out.put(REFRESH_FAILED);
            Wire.putKey(out, failed.key());
        } else if (error instanceof KvError.TooOld old) {
            out.put(TOO_OLD);
            Wire.putKey(out, old.key());
            Wire.putTimestamp(out, old.oldest());
            Wire.putFlag(out, old.maybeExecuted());
        } else if (error instanceof KvError.TxnAborted aborted) {
            out.put(TXN_ABORTED);
            TxnWire.putId(out, aborted.id());
            Wire.putText(out, aborted.reason());
        } else if (error instanceof KvError.LockTimeout timeout) {
            out.put(LOCK_TIMEOUT);
            Wire.putKey(out, timeout.key());
            TxnWire.putMeta(out, timeout.holder());
        } else if (error instanceof KvError.OutcomeUnknown unknown) {
            out.put(OUTCOME_UNKNOWN);
            TxnWire.putId(out, unknown.id());
            Wire.putKey(out, unknown.anchor());
        } else {
            putGeneral(out, error);
        }
    }

    private static void putGeneral(ByteBuffer out, KvError error) {
        if (error instanceof KvError.DeadlineExceeded exceeded) {
            out.put(DEADLINE_EXCEEDED);
            Wire.putText(out, exceeded.phase());
            Wire.putFlag(out, exceeded.maybeExecuted());
        } else if (error instanceof KvError.Unavailable unavailable) {
            out.put(UNAVAILABLE);
            Wire.putText(out, unavailable.reason());
            Wire.putKey(out, unavailable.key());
            Wire.putText(out, unavailable.detail());
            Wire.putFlag(out, unavailable.maybeExecuted());
        } else if (error instanceof KvError.TooLarge large) {
            out.put(TOO_LARGE);
            Wire.putText(out, large.what());
            Wire.putVarint(out, large.actual());
            Wire.putVarint(out, large.limit());
        } else if (error instanceof KvError.Invalid invalid) {
            out.put(INVALID);
            Wire.putText(out, invalid.detail());
        } else if (error instanceof KvError.Overloaded overloaded) {
            out.put(OVERLOADED);
            Wire.putText(out, overloaded.what());
            Wire.putVarint(out, overloaded.retryAfterMillis());
        } else if (error instanceof KvError.DiskFull full) {
            out.put(DISK_FULL);
            Wire.putText(out, full.what());
            Wire.putVarint(out, full.usableBytes());
            Wire.putVarint(out, full.reserveBytes());
        } else if (error instanceof KvError.Internal internal) {
            out.put(INTERNAL);
            Wire.putText(out, internal.detail());
            Wire.putFlag(out, internal.maybeExecuted());
        } else {
            throw new IllegalStateException("no encoding for " + error.getClass());
        }
    }

    static KvError get(ByteBuffer in) {
        byte kind = in.get();
        return switch (kind) {
            case CONDITION_FAILED -> {
                Key key = Wire.getKey(in);
                yield new KvError.ConditionFailed(key, Wire.getOptionalValue(in));
            }
            case PUSHED -> {
                Key key = Wire.getKey(in);
                yield new KvError.Pushed(key, Wire.getTimestamp(in));
            }
            case READ_UNCERTAIN -> {
                Key key = Wire.getKey(in);
                yield new KvError.ReadUncertain(key, Wire.getTimestamp(in));
            }
            case REFRESH_FAILED -> new KvError.RefreshFailed(Wire.getKey(in));
            case TOO_OLD -> {
                Key key = Wire.getKey(in);
                Timestamp oldest = Wire.getTimestamp(in);
                yield new KvError.TooOld(key, oldest, Wire.getFlag(in));
            }
            case TXN_ABORTED -> {
                TxnId id = TxnWire.getId(in);
                yield new KvError.TxnAborted(id, Wire.getText(in));
            }
            case LOCK_TIMEOUT -> {
                Key key = Wire.getKey(in);
                yield new KvError.LockTimeout(key, TxnWire.getMeta(in));
            }
            case OUTCOME_UNKNOWN -> {
                TxnId id = TxnWire.getId(in);
                yield new KvError.OutcomeUnknown(id, Wire.getKey(in));
            }
            default -> getGeneral(kind, in);
        };
    }

    private static KvError getGeneral(byte kind, ByteBuffer in) {
        return switch (kind) {
            case DEADLINE_EXCEEDED -> {
                String phase = Wire.getText(in);
                yield new KvError.DeadlineExceeded(phase, Wire.getFlag(in));
            }
            case UNAVAILABLE -> {
                String reason = Wire.getText(in);
                Key key = Wire.getKey(in);
                String detail = Wire.getText(in);
                yield new KvError.Unavailable(reason, key, detail, Wire.getFlag(in));
            }
            case TOO_LARGE -> {
                String what = Wire.getText(in);
                long actual = Wire.getVarint(in);
                yield new KvError.TooLarge(what, actual, Wire.getVarint(in));
            }
            case INVALID -> new KvError.Invalid(Wire.getText(in));
            case OVERLOADED -> {
                String what = Wire.getText(in);
                yield new KvError.Overloaded(what, Wire.getVarint(in));
            }
            case DISK_FULL -> {
                String what = Wire.getText(in);
                long usable = Wire.getVarint(in);
                yield new KvError.DiskFull(what, usable, Wire.getVarint(in));
            }
            case INTERNAL -> {
                String detail = Wire.getText(in);
                yield new KvError.Internal(detail, Wire.getFlag(in));
            }
            default -> throw Wire.unknownKind("error", kind);
        };
    }
}
