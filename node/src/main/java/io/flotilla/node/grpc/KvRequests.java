package io.flotilla.node.grpc;

import io.flotilla.config.flow.AdmissionLimit;
import io.flotilla.config.flow.UnderWay;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.txn.coordinator.TxnCoordinator;
import io.flotilla.v1.Commit;
import io.flotilla.v1.CommitResult;
import io.flotilla.v1.Get;
import io.flotilla.v1.GetResult;
import io.flotilla.v1.Mutation;
import io.flotilla.v1.Outcome;
import io.flotilla.v1.OutcomeResult;
import io.flotilla.v1.Refresh;
import io.flotilla.v1.RefreshResult;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.Row;
import io.flotilla.v1.Scan;
import io.flotilla.v1.ScanResult;
import io.flotilla.v1.Write;
import io.flotilla.v1.WriteResult;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request in, one response out, whatever carried it; no more at once than the servers can do. Threading: any thread, never blocks; callbacks exactly once. */
final class KvRequests {
    private static final Logger LOG = LoggerFactory.getLogger(KvRequests.class);

    /** One bug may be met by every request. */
    private static final long COMPLAINT_NANOS = 10_000_000_000L;

    private static final long MICROS_PER_MILLI = 1_000;

    /** Half of all requests should be answered within this; if they are not, fewer are let in. */
    private static final long DELAY_MILLIS = 250;

    /** Each time a scan moves up it passes a version that was there before; more than a few means a hot spot. */
    private static final int SCAN_MOVES_MAX = 10;

    private final KvSender sender;
    private final TxnCoordinator coordinator;
    private final HybridClock clock;
    private final BooleanSupplier initialized;
    private final AdmissionLimit admission = new AdmissionLimit(DELAY_MILLIS);
    private final AtomicLong complaintNanos = new AtomicLong(System.nanoTime() - COMPLAINT_NANOS);

    KvRequests(KvSender sender, TxnCoordinator coordinator, HybridClock clock, BooleanSupplier initialized) {
        this.sender = sender;
        this.coordinator = coordinator;
        this.clock = clock;
        this.initialized = initialized;
    }

    void handle(Request request, Consumer<Response> callback) {
        if (!initialized.getAsBoolean()) {
            callback.accept(failed(
                    request,
                    new KvError.Unavailable("NOT_INITIALIZED", Key.MIN, "run init once all nodes are up", false)));
            return;
        }
        if (!admission.enter(UnderWay.isUnderWay(request.getKindCase()))) {
            callback.accept(failed(request, new KvError.Overloaded("this gateway", admission.retryAfterMillis())));
            return;
        }
        Leaving leaving = new Leaving(callback);
        Runnable action;
        try {
            action = read(request, leaving);
        } catch (Refusal refusal) {
            leaving.accept(failed(request, refusal.error()));
            return;
        } catch (RuntimeException e) {
            leaving.accept(broken(request, false, e));
            return;
        }
        try {
            action.run();
        } catch (RuntimeException e) {
            // It may have been sent before that, and be answered yet, or be answered already: the first answer counts.
            leaving.accept(broken(request, isCommit(request), e));
        }
    }

    private static boolean isCommit(Request request) {
        return request.getKindCase() == Request.KindCase.WRITE || request.getKindCase() == Request.KindCase.COMMIT;
    }

    /** A bug. Whoever asked is told, and whatever else its stream carries goes on. */
    private Response broken(Request request, boolean maybeExecuted, RuntimeException e) {
        long last = complaintNanos.get();
        long now = System.nanoTime();
        if (now - last >= COMPLAINT_NANOS && complaintNanos.compareAndSet(last, now)) {
            LOG.error("a request ({}) met an error of this gateway", request.getKindCase(), e);
        }
        return failed(request, new KvError.Internal("this gateway failed: " + e, maybeExecuted));
    }

    /** Answers once, and makes room for another request. */
    private final class Leaving implements Consumer<Response> {
        private final Consumer<Response> callback;
        private final AtomicBoolean answered = new AtomicBoolean();
        private final long startNanos = System.nanoTime();

        Leaving(Consumer<Response> callback) {
            this.callback = callback;
        }

        @Override
        public void accept(Response response) {
            if (answered.compareAndSet(false, true)) {
                long now = System.nanoTime();
                admission.leave(now, now - startNanos, response.getKindCase() != Response.KindCase.ERROR);
                callback.accept(response);
            }
        }
    }

    /** Checks all of the request before anything is sent: the checks are made here, the sending in what is returned. */
    private Runnable read(Request request, Consumer<Response> callback) {
        Refusal.checkLimit("timeout_ms", request.getTimeoutMs() & 0xFFFFFFFFL, Limits.DEADLINE_MILLIS_MAX);
        long timeoutMillis = request.getTimeoutMs() == 0 ? Limits.DEADLINE_MILLIS_DEFAULT : request.getTimeoutMs();
        long timeoutMicros = timeoutMillis * MICROS_PER_MILLI;
        switch (request.getKindCase()) {
            case GET:
                return get(request, request.getGet(), timeoutMicros, callback);
            case SCAN:
                return scan(request, request.getScan(), timeoutMicros, callback);
            case WRITE:
                return write(request, request.getWrite(), timeoutMicros, callback);
            case COMMIT:
                return commit(request, request.getCommit(), timeoutMicros, callback);
            case OUTCOME:
                return outcome(request, request.getOutcome(), timeoutMicros, callback);
            case REFRESH:
                return refresh(request, request.getRefresh(), timeoutMicros, callback);
            default:
                throw Refusal.invalid("request must say what is wanted");
        }
    }

    private Runnable get(Request request, Get get, long timeoutMicros, Consumer<Response> callback) {
        Key key = Wire.key(get.getKey());
        TxnReads reads = get.hasTxn() ? TxnReads.begin(get.getTxn(), clock) : null;
        // Outside a transaction the leaseholder reads at its own clock: no uncertainty (linearizable).
        KvHeader header =
                reads == null ? KvHeader.standalone(timeoutMicros) : reads.header(get.getForwardable(), timeoutMicros);
        KvBatch batch = new KvBatch(header, List.of(new KvOp.Get(key)));
        return () -> sender.send(batch, reply -> {
            if (reply instanceof KvReply.Done done) {
                KvResult.Got got = (KvResult.Got) done.results().get(0);
                callback.accept(answer(request).setGet(got(got, reads, done)).build());
            } else {
                callback.accept(failed(request, reply));
            }
        });
    }

    private static GetResult got(KvResult.Got got, @Nullable TxnReads reads, KvReply.Done done) {
        GetResult.Builder result = GetResult.newBuilder();
        Value value = got.value();
        if (value != null) {
            result.setFound(true)
                    .setValue(Wire.bytes(value))
                    .setVersion(got.timestamp().packed());
        }
        if (reads != null) {
            result.setTxn(reads.after(done.timestamp(), done.observed()));
        }
        return result.build();
    }

    private Runnable scan(Request request, Scan scan, long timeoutMicros, Consumer<Response> callback) {
        Span span = Wire.scanSpan(scan.getStart(), scan.getEnd());
        Refusal.checkLimit("scan limit", scan.getLimit() & 0xFFFFFFFFL, Limits.SCAN_ROWS_MAX);
        int rowsMax = scan.getLimit() == 0 ? Limits.SCAN_ROWS_MAX : scan.getLimit();
        KvOp.Scan op = new KvOp.Scan(span, rowsMax, Limits.SCAN_BYTES_MAX);
        if (scan.hasTxn()) {
            TxnReads reads = TxnReads.begin(scan.getTxn(), clock);
            KvBatch batch = new KvBatch(reads.header(scan.getForwardable(), timeoutMicros), List.of(op));
            return () -> sender.send(batch, reply -> callback.accept(scanned(request, reads, reply)));
        }
        Timestamp now = clock.now();
        KvHeader header = new KvHeader(
                now, now.plusMicros(clock.maxOffsetMicros()), List.of(), TxnMeta.NONE, true, timeoutMicros);
        KvBatch batch = new KvBatch(header, List.of(op));
        return () -> scanMovingUp(request, batch, SCAN_MOVES_MAX, callback);
    }

    private void scanMovingUp(Request request, KvBatch batch, int movesLeft, Consumer<Response> callback) {
        long began = System.nanoTime();
        sender.send(batch, reply -> {
            if (movesLeft > 0
                    && reply instanceof KvReply.Refused refused
                    && refused.error() instanceof KvError.ReadUncertain uncertain
                    && uncertain.to().isAfter(batch.header().timestamp())) {
                // All moves together have the time that one request has.
                long leftMicros = batch.header().timeoutMicros() - (System.nanoTime() - began) / 1_000;
                if (leftMicros <= 0) {
                    callback.accept(failed(request, new KvError.DeadlineExceeded("READ", false)));
                    return;
                }
                KvHeader header = batch.header().at(uncertain.to()).within(leftMicros);
                scanMovingUp(request, new KvBatch(header, batch.ops()), movesLeft - 1, callback);
            } else {
                callback.accept(scanned(request, null, reply));
            }
        });
    }

    private static Response scanned(Request request, @Nullable TxnReads reads, KvReply reply) {
        if (!(reply instanceof KvReply.Done done)) {
            return failed(request, reply);
        }
        KvResult.Scanned scanned = (KvResult.Scanned) done.results().get(0);
        ScanResult.Builder result = ScanResult.newBuilder();
        for (KvResult.Row row : scanned.rows()) {
            result.addRows(Row.newBuilder().setKey(Wire.userKey(row.key())).setValue(Wire.bytes(row.value())));
        }
        Key resume = scanned.resume();
        if (resume != null) {
            result.setResume(Wire.userKey(resume));
        }
        if (reads != null) {
            result.setTxn(reads.after(done.timestamp(), done.observed()));
        }
        return answer(request).setScan(result).build();
    }

    private Runnable write(Request request, Write write, long timeoutMicros, Consumer<Response> callback) {
        TxnId id = Wire.txnId(write.getId());
        KvOp.DataWrite op = Wire.write(write.getMutation());
        TxnCoordinator.CommitRequest commit = new TxnCoordinator.CommitRequest(
                id, op.key(), Timestamp.ZERO, List.of(op), List.of(), 0, Value.EMPTY, timeoutMicros);
        return () -> coordinator.commit(commit, reply -> {
            if (reply instanceof TxnCoordinator.Committed committed) {
                WriteResult.Builder result = WriteResult.newBuilder()
                        .setCommitTimestamp(committed.timestamp().packed());
                callback.accept(answer(request).setWrite(result).build());
            } else {
                callback.accept(failed(request, ((TxnCoordinator.CommitFailed) reply).error()));
            }
        });
    }

    private Runnable commit(Request request, Commit commit, long timeoutMicros, Consumer<Response> callback) {
        TxnId id = Wire.txnId(commit.getId());
        TxnReads reads = TxnReads.resume(commit.getTxn(), clock);
        List<KvOp.DataWrite> writes = writes(commit.getWritesList());
        List<Span> spans = Wire.spans(commit.getReadsList());
        if (!spans.isEmpty() && !reads.readTimestamp().isSet()) {
            throw Refusal.invalid("a transaction that has read must say at which timestamp");
        }
        if (commit.getPriority() < 0) {
            throw Refusal.invalid("priority must not be negative: " + commit.getPriority());
        }
        TxnCoordinator.CommitRequest wanted = new TxnCoordinator.CommitRequest(
                id,
                writes.get(0).key(),
                reads.readTimestamp(),
                writes,
                spans,
                commit.getPriority(),
                Value.EMPTY,
                timeoutMicros);
        return () -> coordinator.commit(wanted, reply -> {
            if (reply instanceof TxnCoordinator.Committed committed) {
                CommitResult.Builder result = CommitResult.newBuilder()
                        .setCommitTimestamp(committed.timestamp().packed())
                        .setPriority(committed.priority());
                callback.accept(answer(request).setCommit(result).build());
            } else {
                callback.accept(failed(request, ((TxnCoordinator.CommitFailed) reply).error()));
            }
        });
    }

    private static List<KvOp.DataWrite> writes(List<Mutation> mutations) {
        if (mutations.isEmpty()) {
            throw Refusal.invalid("a commit must write something");
        }
        Refusal.checkLimit("writes of a transaction", mutations.size(), Limits.TXN_WRITES_MAX);
        List<KvOp.DataWrite> writes = new ArrayList<>(mutations.size());
        Set<Key> keys = new HashSet<>();
        long bytes = 0;
        for (Mutation mutation : mutations) {
            bytes += mutation.getSerializedSize();
            Refusal.checkLimit("bytes of a transaction", bytes, Limits.TXN_BYTES_MAX);
            KvOp.DataWrite write = Wire.write(mutation);
            if (!keys.add(write.key())) {
                throw Refusal.invalid("a commit must write each key once: " + write.key());
            }
            writes.add(write);
        }
        return writes;
    }

    private Runnable outcome(Request request, Outcome outcome, long timeoutMicros, Consumer<Response> callback) {
        TxnId id = Wire.txnId(outcome.getId());
        Key anchor = Wire.key(outcome.getAnchor());
        return () -> coordinator.outcome(id, anchor, outcome.getFence(), timeoutMicros, reply -> {
            if (reply instanceof TxnCoordinator.Outcome found) {
                callback.accept(answer(request).setOutcome(told(found)).build());
            } else {
                callback.accept(failed(request, ((TxnCoordinator.OutcomeFailed) reply).error()));
            }
        });
    }

    private static OutcomeResult told(TxnCoordinator.Outcome outcome) {
        if (!outcome.known()) {
            return OutcomeResult.getDefaultInstance();
        }
        OutcomeResult.Status status = switch (outcome.status()) {
            case PENDING, STAGING -> OutcomeResult.Status.PENDING;
            case COMMITTED -> OutcomeResult.Status.COMMITTED;
            case ABORTED -> OutcomeResult.Status.ABORTED;
        };
        return OutcomeResult.newBuilder()
                .setStatus(status)
                .setCommitTimestamp(outcome.timestamp().packed())
                .build();
    }

    private Runnable refresh(Request request, Refresh refresh, long timeoutMicros, Consumer<Response> callback) {
        TxnReads reads = TxnReads.resume(refresh.getTxn(), clock);
        Timestamp to = Wire.timestamp("to", refresh.getTo());
        TxnReads.checkNotAhead("to", to, clock);
        if (!to.isAfter(reads.readTimestamp())) {
            throw Refusal.invalid("to must be above read_timestamp");
        }
        List<KvOp> ops = new ArrayList<>();
        for (Span span : Wire.spans(refresh.getReadsList())) {
            ops.add(new KvOp.Refresh(span, reads.readTimestamp()));
        }
        if (ops.isEmpty()) {
            return () -> callback.accept(refreshed(request, reads, new KvReply.Done(List.of(), to, List.of())));
        }
        KvHeader header = new KvHeader(to, Timestamp.ZERO, reads.observed(), reads.reader(), false, timeoutMicros);
        KvBatch batch = new KvBatch(header, ops);
        return () -> sender.send(batch, reply -> {
            if (reply instanceof KvReply.Done done) {
                // Exactly where it was asked to go, wherever the batch was evaluated.
                callback.accept(refreshed(request, reads, new KvReply.Done(List.of(), to, done.observed())));
            } else {
                callback.accept(failed(request, reply));
            }
        });
    }

    private static Response refreshed(Request request, TxnReads reads, KvReply.Done done) {
        return answer(request)
                .setRefresh(RefreshResult.newBuilder().setTxn(reads.after(done.timestamp(), done.observed())))
                .build();
    }

    static Response failed(Request request, KvError error) {
        return answer(request).setError(WireErrors.of(error)).build();
    }

    private static Response failed(Request request, KvReply reply) {
        return failed(request, ((KvReply.Refused) reply).error());
    }

    private static Response.Builder answer(Request request) {
        return Response.newBuilder().setId(request.getId());
    }
}
