package io.flotilla.client;

import com.google.protobuf.ByteString;
import io.flotilla.config.key.Key;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.Commit;
import io.flotilla.v1.Error;
import io.flotilla.v1.Get;
import io.flotilla.v1.KeySpan;
import io.flotilla.v1.Mutation;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.Scan;
import io.flotilla.v1.ScanResult;
import io.flotilla.v1.TxnContext;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a transaction: the snapshot it reads at, what it has read (so that it can be refreshed) and what it will write. Once a
 * read or a write has failed it is doomed: whatever the body makes of that exception, this attempt does not commit.
 */
final class BufferedTransaction implements Transaction {
    private final Endpoints endpoints;
    private final long deadlineNanos;
    private final TreeMap<Key, Optional<byte[]>> writes = new TreeMap<>();
    private final Set<KeySpan> reads = new LinkedHashSet<>();
    private final TxnId id = Protocol.randomId();
    private TxnContext context = TxnContext.newBuilder().setId(Protocol.id(id)).build();
    private long writeBytes;
    private boolean over;
    private @Nullable Failure doom;

    BufferedTransaction(Endpoints endpoints, long deadlineNanos) {
        this.endpoints = endpoints;
        this.deadlineNanos = deadlineNanos;
    }

    @Override
    public Optional<byte[]> get(byte[] key) {
        checkUsable();
        checkKey(key);
        Optional<byte[]> own = writes.get(Key.wrap(key));
        if (own != null) {
            return own.map(byte[]::clone);
        }
        ByteString wireKey = ByteString.copyFrom(key);
        Response response = read(() -> {
            Request.Builder request = Request.newBuilder();
            Get.Builder get = request.getGetBuilder();
            get.setKey(wireKey).setTxn(context).setForwardable(reads.isEmpty());
            return request;
        });
        context = response.getGet().getTxn();
        remember(KeySpan.newBuilder().setStart(wireKey).build());
        return response.getGet().getFound()
                ? Optional.of(response.getGet().getValue().toByteArray())
                : Optional.empty();
    }

    @Override
    public List<KeyValue> scan(byte[] start, byte[] end, int limit) {
        checkUsable();
        if (limit < 0) {
            throw new IllegalArgumentException("limit is negative: " + limit);
        }
        List<KeyValue> rows = new ArrayList<>();
        byte[] from = start.clone();
        while (end.length == 0 || Key.wrap(from).compareTo(Key.wrap(end)) < 0) {
            ScanResult page = scanPage(from, end, limit == 0 ? 0 : limit - rows.size());
            byte[] to = page.hasResume() ? page.getResume().toByteArray() : end;
            ScanMerge.merge(page.getRowsList(), own(from, to), limit, rows);
            if (!page.hasResume() || (limit > 0 && rows.size() >= limit)) {
                break;
            }
            from = to;
        }
        return rows;
    }

    /** One page of at least {@code room} rows if there are so many, own deletions allowed for; 0: as many as come. */
    private ScanResult scanPage(byte[] from, byte[] end, int room) {
        long hidden = own(from, end).values().stream().filter(Optional::isEmpty).count();
        int rows = room == 0 ? 0 : (int) Math.min(Limits.SCAN_ROWS_MAX, room + hidden);
        ByteString start = ByteString.copyFrom(from);
        ByteString stop = ByteString.copyFrom(end);
        Response response = read(() -> {
            Request.Builder request = Request.newBuilder();
            Scan.Builder scan = request.getScanBuilder();
            scan.setStart(start).setEnd(stop).setLimit(rows);
            scan.setTxn(context).setForwardable(reads.isEmpty());
            return request;
        });
        ScanResult page = response.getScan();
        context = page.getTxn();
        ByteString seen = page.hasResume() ? page.getResume() : stop;
        remember(KeySpan.newBuilder()
                .setStart(start)
                .setEnd(seen)
                .setToEnd(seen.isEmpty())
                .build());
        return page;
    }

    @Override
    public void put(byte[] key, byte[] value) {
        if (value.length > Limits.VALUE_BYTES_MAX) {
            throw doomed(tooLarge("the value's length", value.length, Limits.VALUE_BYTES_MAX));
        }
        write(key, Optional.of(value.clone()), value.length);
    }

    @Override
    public void delete(byte[] key) {
        write(key, Optional.empty(), 0);
    }

    private void write(byte[] key, Optional<byte[]> value, int valueBytes) {
        checkUsable();
        checkKey(key);
        Optional<byte[]> before = writes.put(Key.wrap(key.clone()), value);
        if (before == null) {
            writeBytes += key.length + valueBytes;
        } else {
            writeBytes += valueBytes - before.map(bytes -> bytes.length).orElse(0);
        }
        if (writes.size() > Limits.TXN_WRITES_MAX) {
            throw doomed(tooLarge("the number of keys written", writes.size(), Limits.TXN_WRITES_MAX));
        }
        if (writeBytes > Limits.TXN_BYTES_MAX) {
            throw doomed(tooLarge("the size of all writes", writeBytes, Limits.TXN_BYTES_MAX));
        }
    }

    /** Reads; while a read meets a version it cannot place in time, moves the snapshot past it and reads again. */
    private Response read(Supplier<Request.Builder> request) {
        while (true) {
            ReadOperation<Response> operation =
                    new ReadOperation<>(endpoints, deadlineNanos, request.get(), true, response -> response);
            Response response = operation.awaitQuietly();
            if (response != null) {
                return response;
            }
            Failure failure = failureOf(operation);
            if (failure.kind() != Error.Code.READ_UNCERTAIN) {
                throw doomed(failure);
            }
            // Before the first read there is nothing to refresh: it begins anew, at a timestamp and with an uncertainty
            // of its own.
            if (!reads.isEmpty()) {
                refresh(failure.retryTimestamp());
            }
        }
    }

    private void refresh(long to) {
        Request.Builder request = Request.newBuilder();
        request.getRefreshBuilder().setTxn(context).addAllReads(reads).setTo(to);
        ReadOperation<Response> operation =
                new ReadOperation<>(endpoints, deadlineNanos, request, true, response -> response);
        Response response = operation.awaitQuietly();
        if (response == null) {
            throw doomed(failureOf(operation));
        }
        context = response.getRefresh().getTxn();
    }

    /** Ends the body's use of this. */
    void seal() {
        over = true;
    }

    @Nullable
    Failure doom() {
        return doom;
    }

    boolean isReadOnly() {
        return writes.isEmpty();
    }

    long readTimestamp() {
        return context.getReadTimestamp();
    }

    /** Both the reads' and the commit's. */
    TxnId id() {
        return id;
    }

    /** @param priority the first attempt's timestamp; 0 in the first attempt */
    Commit commit(long priority) {
        Commit.Builder commit =
                Commit.newBuilder().setTxn(context).addAllReads(reads).setPriority(priority);
        for (Map.Entry<Key, Optional<byte[]>> write : writes.entrySet()) {
            Mutation.Builder mutation = commit.addWritesBuilder();
            mutation.setKey(ByteString.copyFrom(write.getKey().bytes()));
            write.getValue()
                    .ifPresentOrElse(
                            value -> mutation.setPut(ByteString.copyFrom(value)), () -> mutation.setDelete(true));
        }
        return commit.build();
    }

    private SortedMap<Key, Optional<byte[]>> own(byte[] from, byte[] to) {
        return to.length == 0 ? writes.tailMap(Key.wrap(from)) : writes.subMap(Key.wrap(from), Key.wrap(to));
    }

    private void remember(KeySpan span) {
        reads.add(span);
        if (reads.size() > Limits.TXN_READ_SPANS_MAX) {
            throw doomed(tooLarge("the number of reads", reads.size(), Limits.TXN_READ_SPANS_MAX));
        }
    }

    private void checkUsable() {
        if (over) {
            throw new IllegalStateException("this transaction's body has returned");
        }
        if (doom != null) {
            throw doom.toException(List.of());
        }
    }

    private void checkKey(byte[] key) {
        if (key.length > Limits.KEY_BYTES_MAX) {
            throw doomed(tooLarge("the key's length", key.length, Limits.KEY_BYTES_MAX));
        }
    }

    private FlotillaException doomed(Failure failure) {
        doom = failure;
        return failure.toException(List.of());
    }

    private static Failure failureOf(Operation<?> operation) {
        Failure failure = operation.failureOrNull();
        if (failure == null) {
            throw new IllegalStateException("neither an answer nor a failure");
        }
        return failure;
    }

    private static Failure tooLarge(String what, long actual, long limit) {
        return Failure.local(Error.Code.TOO_LARGE, what + " is " + actual + ", the limit is " + limit, false, "BODY");
    }
}
