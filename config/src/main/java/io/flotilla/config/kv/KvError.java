package io.flotilla.config.kv;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import org.jspecify.annotations.Nullable;

/** Why a batch was refused. Each says what state it leaves behind; unless it says otherwise, nothing was written. */
public sealed interface KvError {
    /** One line for people: what failed and why. */
    String message();

    /** False only if the batch may have been executed although it failed. */
    default boolean provenNotExecuted() {
        return true;
    }

    /** A {@link KvOp.CompareAndSet} found another value; {@code actual} is null if the key is absent. */
    record ConditionFailed(Key key, @Nullable Value actual) implements KvError {
        @Override
        public String message() {
            return "the current value of " + KeySpace.describe(key) + " is not the expected one";
        }
    }

    /**
     * A one-phase commit would have to move to {@code to}, but the transaction has read at its timestamp. Refresh the reads to
     * {@code to} and try again there.
     */
    record Pushed(Key key, Timestamp to) implements KvError {
        @Override
        public String message() {
            return "a newer read or write of " + KeySpace.describe(key) + " moves this transaction to " + to;
        }
    }

    /** A read met a version that may have been written before the transaction began; move the timestamp to {@code to}. */
    record ReadUncertain(Key key, Timestamp to) implements KvError {
        @Override
        public String message() {
            return "a write of " + KeySpace.describe(key) + " is within the clock uncertainty of this read";
        }
    }

    /** What the transaction read has changed since; begin it anew. */
    record RefreshFailed(Key key) implements KvError {
        @Override
        public String message() {
            return KeySpace.describe(key) + " was changed by another transaction after this one read it";
        }
    }

    /**
     * What this would have to look at is older than overwritten versions are kept; {@code oldest} is where they begin. Begin anew.
     *
     * @param maybeExecuted an earlier copy of it may have been executed, and its trace be gone
     */
    record TooOld(Key key, Timestamp oldest, boolean maybeExecuted) implements KvError {
        @Override
        public String message() {
            return KeySpace.describe(key) + " was to be seen as it was before " + oldest
                    + ", but what was overwritten before that may be gone";
        }

        @Override
        public boolean provenNotExecuted() {
            return !maybeExecuted;
        }
    }

    /** Somebody aborted the transaction; its intents, if any, will be removed. Begin it anew. */
    record TxnAborted(TxnId id, String reason) implements KvError {
        @Override
        public String message() {
            return "transaction " + id + " was aborted: " + reason;
        }
    }

    /** Waited for another transaction's intent until the deadline. */
    record LockTimeout(Key key, TxnMeta holder) implements KvError {
        @Override
        public String message() {
            return "waited in vain for transaction " + holder.id() + " on " + KeySpace.describe(key);
        }
    }

    /** The time is up. @param phase what it was spent on: ROUTE, REPLICATE, READ, LOCK_WAIT, COMMIT */
    record DeadlineExceeded(String phase, boolean maybeExecuted) implements KvError {
        @Override
        public String message() {
            return "deadline exceeded in phase " + phase;
        }

        @Override
        public boolean provenNotExecuted() {
            return !maybeExecuted;
        }
    }

    /** No replica could serve. @param reason one of NO_QUORUM, NO_LEASEHOLDER, UNREACHABLE, NOT_INITIALIZED, STOPPING */
    record Unavailable(String reason, Key key, String detail, boolean maybeExecuted) implements KvError {
        @Override
        public String message() {
            String about = key.equals(Key.MIN) ? "" : " for " + KeySpace.describe(key);
            return reason + about + (detail.isEmpty() ? "" : ": " + detail);
        }

        @Override
        public boolean provenNotExecuted() {
            return !maybeExecuted;
        }
    }

    /** A named limit is exceeded. */
    record TooLarge(String what, long actual, long limit) implements KvError {
        @Override
        public String message() {
            return what + " is " + actual + ", the limit is " + limit;
        }
    }

    /** The caller's mistake. */
    record Invalid(String detail) implements KvError {
        @Override
        public String message() {
            return detail;
        }
    }

    /** More is offered than can be done; try again after the hint. */
    record Overloaded(String what, long retryAfterMillis) implements KvError {
        @Override
        public String message() {
            return what + " is overloaded; retry after " + retryAfterMillis + " ms";
        }
    }

    /** The leaseholder's disk has no room for new data; reads are served, and deletes as long as half of the reserve is left. Writes work again once there is room. */
    record DiskFull(String what, long usableBytes, long reserveBytes) implements KvError {
        @Override
        public String message() {
            return "the disk of " + what + " is full: " + (usableBytes >> 20) + " MiB are left and "
                    + (reserveBytes >> 20) + " MiB are kept in reserve";
        }
    }

    /** Nobody could find out before the deadline whether the transaction committed. Look it up later. */
    record OutcomeUnknown(TxnId id, Key anchor) implements KvError {
        @Override
        public String message() {
            return "the outcome of transaction " + id + " is not known";
        }

        @Override
        public boolean provenNotExecuted() {
            return false;
        }
    }

    /** A bug, or a broken disk: the replica stopped. */
    record Internal(String detail, boolean maybeExecuted) implements KvError {
        @Override
        public String message() {
            return detail;
        }

        @Override
        public boolean provenNotExecuted() {
            return !maybeExecuted;
        }
    }
}
