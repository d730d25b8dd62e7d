package io.flotilla.client;

import com.google.protobuf.ByteString;
import io.flotilla.config.key.Key;
import io.flotilla.v1.CommitResult;
import io.flotilla.v1.Error;
import io.flotilla.v1.GetResult;
import io.flotilla.v1.KeySpan;
import io.flotilla.v1.Mutation;
import io.flotilla.v1.OutcomeResult;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.Row;
import io.flotilla.v1.ScanResult;
import io.flotilla.v1.TxnContext;
import io.flotilla.v1.TxnId;
import io.flotilla.v1.WriteResult;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What stands behind the fake gateways: a serializable multi-version store under one lock. Or, if asked for, one that loses updates. */
final class FakeStore {
    private record Version(Optional<ByteString> value) {}

    private final NavigableMap<Key, NavigableMap<Long, Version>> data = new TreeMap<>();
    private final Map<TxnId, Long> committed = new HashMap<>();
    private final Set<TxnId> aborted = new HashSet<>();
    private long clock = 1;

    /** Commits without looking at what was read: lost updates. */
    volatile boolean careless;

    /** Rows of one scan at most. */
    volatile int scanRowsMax = 10_000;

    final AtomicInteger writesApplied = new AtomicInteger();

    synchronized Response execute(Request request) {
        Response.Builder response = Response.newBuilder().setId(request.getId());
        switch (request.getKindCase()) {
            case GET -> get(request, response);
            case SCAN -> scan(request, response);
            case WRITE -> write(request, response);
            case COMMIT -> commit(request, response);
            case OUTCOME -> outcome(request, response);
            case REFRESH -> refresh(request, response);
            default -> response.setError(Error.newBuilder().setCode(Error.Code.INVALID));
        }
        return response.build();
    }

    synchronized Optional<String> text(String key) {
        return read(Key.of(key), clock).map(ByteString::toStringUtf8);
    }

    private void get(Request request, Response.Builder response) {
        TxnContext txn = context(request.getGet().getTxn());
        long at = request.getGet().hasTxn() ? txn.getReadTimestamp() : clock;
        GetResult.Builder result = response.getGetBuilder().setTxn(txn);
        read(key(request.getGet().getKey()), at)
                .ifPresent(value -> result.setFound(true).setValue(value));
    }

    private void scan(Request request, Response.Builder response) {
        TxnContext txn = context(request.getScan().getTxn());
        ScanResult.Builder result = response.getScanBuilder().setTxn(txn);
        int limit = request.getScan().getLimit() == 0
                ? scanRowsMax
                : Math.min(scanRowsMax, request.getScan().getLimit());
        KeySpan span = KeySpan.newBuilder()
                .setStart(request.getScan().getStart())
                .setEnd(request.getScan().getEnd())
                .setToEnd(request.getScan().getEnd().isEmpty())
                .build();
        for (Key key : within(span).keySet()) {
            Optional<ByteString> value = read(key, txn.getReadTimestamp());
            if (value.isEmpty()) {
                continue;
            }
            if (result.getRowsCount() == limit) {
                result.setResume(ByteString.copyFrom(key.bytes()));
                return;
            }
            result.addRows(
                    Row.newBuilder().setKey(ByteString.copyFrom(key.bytes())).setValue(value.get()));
        }
    }

    private void write(Request request, Response.Builder response) {
        TxnId id = request.getWrite().getId();
        Mutation mutation = request.getWrite().getMutation();
        if (aborted.contains(id)) {
            response.setError(Error.newBuilder().setCode(Error.Code.CONFLICT).setMessage("fenced"));
            return;
        }
        if (mutation.hasCas()) {
            Optional<ByteString> now = read(key(mutation.getKey()), clock);
            Optional<ByteString> expected = mutation.getCas().hasExpected()
                    ? Optional.of(mutation.getCas().getExpected())
                    : Optional.empty();
            if (!now.equals(expected)) {
                response.setError(Error.newBuilder().setCode(Error.Code.CONDITION_FAILED));
                return;
            }
        }
        response.setWrite(WriteResult.newBuilder().setCommitTimestamp(apply(id, List.of(mutation))));
    }

    private void commit(Request request, Response.Builder response) {
        TxnId id = request.getCommit().getId();
        long readAt = request.getCommit().getTxn().getReadTimestamp();
        if (aborted.contains(id)) {
            response.setError(Error.newBuilder().setCode(Error.Code.CONFLICT).setMessage("fenced"));
            return;
        }
        if (!careless && changed(request.getCommit().getReadsList(), readAt)) {
            response.setError(Error.newBuilder().setCode(Error.Code.CONFLICT).setMessage("what it read was changed"));
            return;
        }
        response.setCommit(CommitResult.newBuilder()
                .setCommitTimestamp(apply(id, request.getCommit().getWritesList())));
    }

    private void outcome(Request request, Response.Builder response) {
        TxnId id = request.getOutcome().getId();
        OutcomeResult.Builder result = response.getOutcomeBuilder();
        if (committed.containsKey(id)) {
            result.setStatus(OutcomeResult.Status.COMMITTED).setCommitTimestamp(committed.get(id));
        } else if (aborted.contains(id) || request.getOutcome().getFence()) {
            aborted.add(id);
            result.setStatus(OutcomeResult.Status.ABORTED);
        }
    }

    private void refresh(Request request, Response.Builder response) {
        TxnContext txn = request.getRefresh().getTxn();
        if (changed(request.getRefresh().getReadsList(), txn.getReadTimestamp())) {
            response.setError(Error.newBuilder().setCode(Error.Code.CONFLICT).setMessage("refresh failed"));
        } else {
            long to = Math.max(request.getRefresh().getTo(), txn.getReadTimestamp());
            clock = Math.max(clock, to);
            response.getRefreshBuilder().setTxn(txn.toBuilder().setReadTimestamp(to));
        }
    }

    private long apply(TxnId id, List<Mutation> mutations) {
        long at = ++clock;
        for (Mutation mutation : mutations) {
            Optional<ByteString> value = switch (mutation.getKindCase()) {
                case PUT -> Optional.of(mutation.getPut());
                case CAS ->
                    mutation.getCas().hasValue() ? Optional.of(mutation.getCas().getValue()) : Optional.empty();
                default -> Optional.empty();
            };
            data.computeIfAbsent(key(mutation.getKey()), key -> new TreeMap<>()).put(at, new Version(value));
        }
        committed.put(id, at);
        writesApplied.incrementAndGet();
        return at;
    }

    private boolean changed(List<KeySpan> spans, long since) {
        for (KeySpan span : spans) {
            for (NavigableMap<Long, Version> versions : within(span).values()) {
                if (versions.lastKey() > since) {
                    return true;
                }
            }
        }
        return false;
    }

    private NavigableMap<Key, NavigableMap<Long, Version>> within(KeySpan span) {
        Key start = key(span.getStart());
        if (span.getToEnd()) {
            return data.tailMap(start, true);
        }
        return data.subMap(start, true, span.getEnd().isEmpty() ? start.next() : key(span.getEnd()), false);
    }

    private Optional<ByteString> read(Key key, long at) {
        NavigableMap<Long, Version> versions = data.get(key);
        Map.Entry<Long, Version> found = versions == null ? null : versions.floorEntry(at);
        return found == null ? Optional.empty() : found.getValue().value();
    }

    private TxnContext context(TxnContext given) {
        return given.getReadTimestamp() != 0
                ? given
                : given.toBuilder().setReadTimestamp(clock).build();
    }

    private static Key key(ByteString bytes) {
        return Key.wrap(bytes.toByteArray());
    }
}
