package io.flotilla.txn.coordinator;

import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.lang.Invariant;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One commit, from buffered writes to the answer and the clean-up after it (parallel commits, CockroachDB RFC 20180324).
 *
 * <p>What makes its answers true: "committed" is said only if a one-phase commit or an explicit COMMITTED record was acknowledged, or every write was
 * acknowledged at or below the STAGING timestamp. "Not committed" is said only if no record can be out there that others could take for a commit: some
 * write is proven missing or above the STAGING timestamp (a recovery will find that too), or the record is ABORTED. Else the record is asked, with a
 * fence, until the deadline; then nobody knows.
 */
public final class CommitMachine extends TxnMachine {
    private enum Phase {
        /** Writes and STAGING record are under way. */
        STAGING,
        /** Writes alone are under way: a commit with a trigger stages nothing. */
        LAYING,
        /** Reads are being refreshed to {@link #commitAt}. */
        REFRESHING,
        /** The COMMITTED record is under way. */
        ENDING,
        /** The STAGING batch's fate is unknown: the record is being asked. */
        SEARCHING,
        CLEANING,
        DONE
    }

    private enum Said {
        NOTHING,
        COMMITTED,
        FAILED,
        UNKNOWN
    }

    private final TxnSettings settings;
    private final TxnCoordinator.CommitRequest request;
    private final TxnMeta meta;
    private final CommitBatches batches;
    private final long deadlineMicros;
    private final long searchFromMicros;

    private Phase phase = Phase.STAGING;
    private Said said = Said.NOTHING;
    private int awaited;
    private Timestamp readsValidAt;
    private Timestamp commitAt;
    private boolean nothingLaid = true;
    private boolean endAmbiguous;
    private int onePhaseAttempts;
    private Pause pause = new Pause();
    private long retryMicros = Long.MAX_VALUE;
    private long heartbeatMicros;
    private int heartbeatCall;
    private int heartbeats;
    private @Nullable OutcomeSearch search;
    private @Nullable CleanUp cleanUp;

    /** The record is COMMITTED and named by nothing once the clean-up is through. */
    private boolean forgetsLast;

    /** @param begun becomes the transaction's start; its time limit runs from here */
    public CommitMachine(TxnSettings settings, TxnCoordinator.CommitRequest request, TxnTime begun) {
        this.settings = settings;
        this.request = request;
        long priority =
                request.priority() != 0 ? request.priority() : begun.clock().packed();
        this.meta = new TxnMeta(request.id(), request.anchor(), begun.clock(), priority);
        this.batches = new CommitBatches(request, meta);
        this.deadlineMicros = begun.micros() + request.timeoutMicros();
        // A quarter is kept for finding out, should the writes' reply be lost.
        this.searchFromMicros = deadlineMicros - request.timeoutMicros() / 4;
        // One key is committed in one phase: no intent by which anybody could find and abort it.
        this.heartbeatMicros = batches.isSingleKey() && request.trigger().length() == 0
                ? Long.MAX_VALUE
                : begun.micros() + settings.heartbeatMillis() * 1_000;
        this.readsValidAt = hasReads() ? request.readTimestamp() : begun.clock();
        this.commitAt = readsValidAt;
    }

    @Override
    void onStart(TxnTime now) {
        if (request.writes().isEmpty()) {
            fail(now, new KvError.Invalid("a commit must have writes"), false, false);
        } else if (request.trigger().length() > 0) {
            phase = Phase.LAYING;
            awaited = send(batches.lay(commitAt, !hasReads(), timeLeft(now)));
        } else {
            stage(now);
        }
    }

    @Override
    void onReply(TxnTime now, int call, KvReply reply) {
        if (call == heartbeatCall) {
            heartbeatCall = 0;
            onHeartbeat(reply);
            return;
        }
        if (call != awaited) {
            return;
        }
        awaited = 0;
        switch (phase) {
            case STAGING -> onStaged(now, reply);
            case LAYING -> onLaid(now, reply);
            case REFRESHING -> onRefreshed(now, reply);
            case ENDING -> onEnded(now, reply);
            case SEARCHING -> onSearched(now, reply);
            case CLEANING -> onCleaned(now, reply);
            case DONE -> {}
        }
    }

    @Override
    void onTick(TxnTime now) {
        if (phase == Phase.STAGING && said == Said.NOTHING && now.micros() >= giveUpStagingMicros()) {
            startSearch(now);
        }
        if (said == Said.NOTHING && now.micros() >= deadlineMicros) {
            onDeadline(now);
        } else if (said != Said.NOTHING && phase != Phase.CLEANING && now.micros() >= abandonMicros()) {
            phase = Phase.DONE;
        }
        if (now.micros() >= retryMicros) {
            retryMicros = Long.MAX_VALUE;
            retry(now);
        }
        if (isUndecided() && now.micros() >= heartbeatMicros) {
            heartbeatMicros = now.micros() + settings.heartbeatMillis() * 1_000;
            if (heartbeatCall == 0) {
                heartbeats++;
                heartbeatCall = send(batches.heartbeat(now.clock(), TxnLimits.BACKGROUND_MILLIS * 1_000));
            }
        }
    }

    @Override
    public long dueMicros() {
        if (phase == Phase.DONE) {
            return Long.MAX_VALUE;
        }
        if (phase == Phase.CLEANING) {
            return retryMicros;
        }
        long due = Math.min(retryMicros, said == Said.NOTHING ? deadlineMicros : abandonMicros());
        if (said == Said.NOTHING) {
            due = Math.min(due, heartbeatMicros);
            if (phase == Phase.STAGING) {
                due = Math.min(due, giveUpStagingMicros());
            }
        }
        return due;
    }

    @Override
    public boolean isDone() {
        return phase == Phase.DONE;
    }

    // ---- the writes --------------------------------------------------------------------------------------------

    private void stage(TxnTime now) {
        phase = Phase.STAGING;
        onePhaseAttempts++;
        awaited = send(batches.stage(commitAt, !hasReads(), searchFromMicros - now.micros()));
    }

    private void onStaged(TxnTime now, KvReply reply) {
        if (reply instanceof KvReply.Done done) {
            KvResult last = done.results().get(done.results().size() - 1);
            if (!(last instanceof KvResult.Ended ended)) {
                throw new Invariant.Violation("EndTxn was answered by " + last);
            }
            nothingLaid = false;
            if (ended.status() == TxnStatus.COMMITTED) {
                // In one phase. A heartbeat may have made a record that nobody needs.
                committed(now, ended.timestamp(), heartbeats > 0 ? batches.afterCommit(ended.timestamp()) : List.of());
            } else if (ended.status() == TxnStatus.ABORTED) {
                fail(now, aborted("its record was found aborted"), true, false);
            } else if (done.timestamp().isAfter(ended.timestamp())) {
                pushed(now, done.timestamp());
            } else {
                forgetsLast = batches.forgets();
                committed(now, ended.timestamp(), batches.afterStaged(ended.timestamp()));
            }
            return;
        }
        KvError error = ((KvReply.Refused) reply).error();
        if (error instanceof KvError.Pushed pushed && said == Said.NOTHING) {
            if (onePhaseAttempts >= TxnLimits.ONE_PHASE_ATTEMPTS_MAX
                    || !pushed.to().isAfter(commitAt)) {
                fail(now, error, mayLeaveTraces(), true);
            } else {
                pushed(now, pushed.to());
            }
        } else if (error instanceof KvError.TxnAborted) {
            fail(now, error, true, false);
        } else if (error.provenNotExecuted()) {
            // Some part was not executed, so some write is missing; other parts may have laid theirs.
            fail(now, error, mayLeaveTraces(), true);
        } else if (said == Said.NOTHING) {
            startSearch(now);
        } else if (said == Said.FAILED) {
            cleanUp(now, batches.afterAbort(false));
        } else {
            phase = Phase.DONE;
        }
    }

    private void onLaid(TxnTime now, KvReply reply) {
        nothingLaid = false;
        if (reply instanceof KvReply.Refused refused) {
            fail(now, refused.error(), true, true);
        } else if (((KvReply.Done) reply).timestamp().isAfter(commitAt)) {
            pushed(now, ((KvReply.Done) reply).timestamp());
        } else if (said == Said.NOTHING) {
            end(now);
        } else {
            cleanUp(now, batches.afterAbort(true));
        }
    }

    // ---- pushed ------------------------------------------------------------------------------------------------

    /** The commit timestamp must move up to {@code to}. No one can take a STAGING record below it for a commit. */
    private void pushed(TxnTime now, Timestamp to) {
        if (said != Said.NOTHING) {
            cleanUp(now, batches.afterAbort(true));
            return;
        }
        commitAt = to;
        if (hasReads() && to.isAfter(readsValidAt)) {
            phase = Phase.REFRESHING;
            awaited = send(batches.refresh(readsValidAt, to, timeLeft(now)));
        } else {
            goOn(now);
        }
    }

    private void onRefreshed(TxnTime now, KvReply reply) {
        if (reply instanceof KvReply.Refused refused) {
            fail(now, refused.error(), !nothingLaid || heartbeats > 0, true);
        } else {
            readsValidAt = commitAt;
            goOn(now);
        }
    }

    private void goOn(TxnTime now) {
        if (nothingLaid) {
            stage(now);
        } else {
            end(now);
        }
    }

    // ---- the explicit end --------------------------------------------------------------------------------------

    private void end(TxnTime now) {
        phase = Phase.ENDING;
        long timeout = Math.min(timeLeft(now), TxnLimits.BACKGROUND_MILLIS * 1_000);
        awaited = send(batches.end(commitAt, timeout));
    }

    private void onEnded(TxnTime now, KvReply reply) {
        if (reply instanceof KvReply.Done done) {
            KvResult last = done.results().get(done.results().size() - 1);
            if (last instanceof KvResult.Ended ended && ended.status() == TxnStatus.COMMITTED) {
                committed(now, ended.timestamp(), batches.afterCommit(ended.timestamp()));
            } else {
                fail(now, aborted("its record was found aborted"), true, false);
            }
            return;
        }
        KvError error = ((KvReply.Refused) reply).error();
        endAmbiguous |= !error.provenNotExecuted();
        if (error instanceof KvError.TxnAborted) {
            fail(now, error, true, false);
        } else if (said != Said.NOTHING) {
            phase = Phase.DONE;
        } else if (error instanceof KvError.Pushed pushed && pushed.to().isAfter(commitAt) && !endAmbiguous) {
            pushed(now, pushed.to());
        } else if (endAmbiguous || CommitErrors.isPassing(error) && !CommitErrors.isNoQuorum(error)) {
            retryMicros = now.micros() + pause.nextMicros();
        } else {
            fail(now, error, true, true);
        }
    }

    // ---- finding out -------------------------------------------------------------------------------------------

    private void startSearch(TxnTime now) {
        phase = Phase.SEARCHING;
        search = new OutcomeSearch(meta.id(), meta.anchor(), true);
        pause = new Pause();
        ask(now, search);
    }

    private void ask(TxnTime now, OutcomeSearch current) {
        if (now.micros() < deadlineMicros) {
            awaited = send(current.request(now, timeLeft(now)));
        }
    }

    private void onSearched(TxnTime now, KvReply reply) {
        OutcomeSearch current = search;
        if (current == null) {
            return;
        }
        boolean answered = current.accept(reply);
        TxnRecord record = current.record();
        if (current.isFound() && record != null) {
            if (record.status() == TxnStatus.COMMITTED) {
                committed(now, record.timestamp(), batches.afterCommit(record.timestamp()));
            } else {
                fail(now, aborted("its commit was lost on the way"), true, false);
            }
        } else if (answered) {
            ask(now, current);
        } else {
            retryMicros = now.micros() + pause.nextMicros();
        }
    }

    // ---- time --------------------------------------------------------------------------------------------------

    private void onHeartbeat(KvReply reply) {
        boolean abortedByOthers = reply instanceof KvReply.Done done
                && done.results().get(0) instanceof KvResult.Record result
                && result.record() != null
                && result.record().status() == TxnStatus.ABORTED;
        if (abortedByOthers && said == Said.NOTHING && (phase == Phase.STAGING || phase == Phase.LAYING)) {
            // Final; what is still under way is cleaned up when its reply comes.
            say(Said.FAILED, new TxnCoordinator.CommitFailed(aborted("another transaction was older"), priority()));
        }
    }

    private void onDeadline(TxnTime now) {
        boolean mayCommit = phase == Phase.STAGING
                || phase == Phase.SEARCHING
                || phase == Phase.ENDING && (endAmbiguous || awaited != 0);
        if (mayCommit) {
            say(
                    Said.UNKNOWN,
                    new TxnCoordinator.CommitFailed(new KvError.OutcomeUnknown(meta.id(), meta.anchor()), priority()));
            if (awaited == 0) {
                phase = Phase.DONE;
            }
            return;
        }
        KvError late = new KvError.DeadlineExceeded("COMMIT", false);
        if (phase == Phase.LAYING) {
            say(Said.FAILED, new TxnCoordinator.CommitFailed(late, priority()));
        } else {
            fail(now, late, !nothingLaid, true);
        }
    }

    private void retry(TxnTime now) {
        OutcomeSearch current = search;
        if (phase == Phase.ENDING) {
            end(now);
        } else if (phase == Phase.SEARCHING && current != null) {
            ask(now, current);
        } else if (phase == Phase.CLEANING) {
            cleanOn(now);
        }
    }

    // ---- the end -----------------------------------------------------------------------------------------------

    private void committed(TxnTime now, Timestamp at, List<CleanUp.Step> left) {
        Invariant.check(said != Said.FAILED, "a commit that was reported as failed succeeded", meta.id(), at);
        if (said == Said.NOTHING) {
            say(Said.COMMITTED, new TxnCoordinator.Committed(at, priority()));
        }
        cleanUp(now, left);
    }

    /** Known not to be committed. */
    private void fail(TxnTime now, KvError error, boolean leavesTraces, boolean endRecord) {
        if (said == Said.NOTHING) {
            say(Said.FAILED, new TxnCoordinator.CommitFailed(CommitErrors.notCommitted(error), priority()));
        }
        cleanUp(now, leavesTraces ? batches.afterAbort(endRecord) : List.of());
    }

    private void say(Said what, TxnCoordinator.CommitReply reply) {
        said = what;
        emit(new TxnEffect.AnswerCommit(reply));
    }

    private void cleanUp(TxnTime now, List<CleanUp.Step> steps) {
        phase = Phase.CLEANING;
        retryMicros = Long.MAX_VALUE;
        cleanUp = new CleanUp(steps);
        cleanOn(now);
    }

    private void cleanOn(TxnTime now) {
        CleanUp current = cleanUp;
        if (current == null || current.isDone()) {
            phase = Phase.DONE;
            if (current != null && current.isThrough() && forgetsLast) {
                emit(new TxnEffect.Forget(batches.forgetting()));
            }
        } else {
            awaited = send(batches.cleanUp(now.clock(), TxnLimits.BACKGROUND_MILLIS * 1_000, current.current()));
        }
    }

    private void onCleaned(TxnTime now, KvReply reply) {
        CleanUp current = cleanUp;
        if (current == null) {
            return;
        }
        if (reply instanceof KvReply.Done) {
            current.succeeded();
            cleanOn(now);
            return;
        }
        long waitMicros = current.failedMicros();
        if (current.isDone()) {
            phase = Phase.DONE;
        } else {
            retryMicros = now.micros() + waitMicros;
        }
    }

    // ---- small things ------------------------------------------------------------------------------------------

    private boolean hasReads() {
        return !request.reads().isEmpty();
    }

    /** Whether a refused batch of writes may have left an intent or a record somewhere. */
    private boolean mayLeaveTraces() {
        return !batches.isSingleKey() || heartbeats > 0;
    }

    private boolean isUndecided() {
        return said == Said.NOTHING && phase != Phase.CLEANING && phase != Phase.DONE;
    }

    private long priority() {
        return meta.priority();
    }

    private long timeLeft(TxnTime now) {
        return Math.max(1, deadlineMicros - now.micros());
    }

    /** The reply is overdue: the sender should have given up by now. */
    private long giveUpStagingMicros() {
        return searchFromMicros + (deadlineMicros - searchFromMicros) / 4;
    }

    /** After this even a late reply is not waited for. */
    private long abandonMicros() {
        return deadlineMicros + 5 * TxnLimits.BACKGROUND_MILLIS * 1_000;
    }

    private KvError.TxnAborted aborted(String reason) {
        return new KvError.TxnAborted(meta.id(), reason);
    }
}
