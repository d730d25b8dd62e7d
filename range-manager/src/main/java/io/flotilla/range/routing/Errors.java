package io.flotilla.range.routing;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.time.Timestamp;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is told to the caller when parts of a batch fare differently, or when an earlier try got lost. */
final class Errors {
    private Errors() {}

    /** Waiting does not help: nobody will be able to say more soon. */
    static boolean isHopeless(KvError error) {
        return error instanceof KvError.Unavailable unavailable
                && (unavailable.reason().equals("NO_QUORUM")
                        || unavailable.reason().equals("NOT_INITIALIZED"));
    }

    static KvError lookupFailed(Key key, KvError error) {
        if (error instanceof KvError.Unavailable unavailable) {
            return new KvError.Unavailable(
                    unavailable.reason(), key, "looking up its range: " + unavailable.detail(), false);
        }
        return error instanceof KvError.DeadlineExceeded
                ? new KvError.DeadlineExceeded("ROUTE", false)
                : new KvError.Unavailable("UNREACHABLE", key, "looking up its range: " + error.message(), false);
    }

    /**
     * The same error, but not claiming that nothing was executed, now that an earlier copy of the same may still be on its way. Only what that copy will be
     * told as well stays as it is: once the transaction has ended, is too old, or was pushed above its timestamp, that is so for ever. A condition that did not
     * hold may hold when the copy comes, a key that was locked may be free, and what was in the way of a refresh may have been aborted.
     */
    static KvError hedged(KvError error, Key key) {
        if (!error.provenNotExecuted() || isLasting(error)) {
            return error;
        }
        return withoutClaim(error, key);
    }

    /** The one error that stands for all parts' replies; at least one of them is refused. */
    static KvError joined(KvBatch batch, List<KvReply> replies) {
        KvError worst = null;
        boolean somethingDone = false;
        for (KvReply reply : replies) {
            if (reply instanceof KvReply.Refused refused) {
                worst = worst == null ? refused.error() : worse(worst, refused.error());
                somethingDone |= !refused.error().provenNotExecuted();
            } else {
                somethingDone = true;
            }
        }
        if (worst == null) {
            throw new IllegalArgumentException("no part was refused");
        }
        if (!somethingDone || batch.isReadOnly()) {
            return worst;
        }
        Key key = batch.ops().get(0).key();
        if (batch.header().txn().isPresent()) {
            // The coordinator settles the fate of all its keys whatever happened to each, so the verdict on one part is
            // worth more.
            return isVerdict(worst) ? worst : hedged(worst, key);
        }
        return worst.provenNotExecuted() ? withoutClaim(worst, key) : worst;
    }

    private static KvError worse(KvError left, KvError right) {
        int leftRank = rank(left);
        int rightRank = rank(right);
        if (leftRank != rightRank) {
            return leftRank < rightRank ? left : right;
        }
        Timestamp leftTo = moveTo(left);
        Timestamp rightTo = moveTo(right);
        if (leftTo != null && rightTo != null) {
            return leftTo.isBefore(rightTo) ? right : left;
        }
        return left.provenNotExecuted() && !right.provenNotExecuted() ? right : left;
    }

    private static @Nullable Timestamp moveTo(KvError error) {
        if (error instanceof KvError.Pushed pushed) {
            return pushed.to();
        }
        return error instanceof KvError.ReadUncertain uncertain ? uncertain.to() : null;
    }

    /** The lowest is told: what is final before what may be tried again, what is known before what is not. */
    private static int rank(KvError error) {
        if (error instanceof KvError.TxnAborted) {
            return 0;
        }
        if (error instanceof KvError.RefreshFailed || error instanceof KvError.TooOld) {
            return 1;
        }
        if (error instanceof KvError.ConditionFailed) {
            return 2;
        }
        if (error instanceof KvError.Invalid
                || error instanceof KvError.TooLarge
                || error instanceof KvError.DiskFull) {
            return 3;
        }
        if (error instanceof KvError.Pushed) {
            return 4;
        }
        if (error instanceof KvError.ReadUncertain) {
            return 5;
        }
        if (error instanceof KvError.LockTimeout) {
            return 6;
        }
        if (error instanceof KvError.Internal || error instanceof KvError.OutcomeUnknown) {
            return 7;
        }
        if (error instanceof KvError.Unavailable) {
            return 8;
        }
        return error instanceof KvError.DeadlineExceeded ? 9 : 10;
    }

    /** Reached by evaluation, which knows what the same transaction did before: what it refused was not done before either. */
    private static boolean isVerdict(KvError error) {
        return isLasting(error)
                || error instanceof KvError.RefreshFailed
                || error instanceof KvError.ConditionFailed
                || error instanceof KvError.ReadUncertain
                || error instanceof KvError.LockTimeout;
    }

    private static boolean isLasting(KvError error) {
        return error instanceof KvError.TxnAborted
                || error instanceof KvError.TooOld
                || error instanceof KvError.Pushed;
    }

    private static KvError withoutClaim(KvError error, Key key) {
        if (error instanceof KvError.DeadlineExceeded deadline) {
            return new KvError.DeadlineExceeded(deadline.phase(), true);
        }
        if (error instanceof KvError.Unavailable unavailable) {
            return new KvError.Unavailable(unavailable.reason(), unavailable.key(), unavailable.detail(), true);
        }
        if (error instanceof KvError.LockTimeout) {
            return new KvError.DeadlineExceeded("LOCK_WAIT", true);
        }
        return error instanceof KvError.Invalid
                        || error instanceof KvError.TooLarge
                        || error instanceof KvError.Internal
                ? new KvError.Internal(error.message(), true)
                : new KvError.Unavailable("UNREACHABLE", key, error.message(), true);
    }
}
