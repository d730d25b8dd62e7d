package io.flotilla.client;

import com.google.protobuf.ByteString;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.CompareAndSet;
import io.flotilla.v1.Mutation;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a cluster. Safe for any number of threads; what they ask for at the same moment travels together. Every call
 * has a deadline. Blocking calls throw {@link FlotillaException}; futures fail with it. Byte arrays are copied on the way in.
 *
 * <p>Futures complete on this client's own threads, on which all its answers come in. What is hung on a future without an executor ({@code thenApply} and
 * the like) must be short. A blocking call there would wait for an answer that its own thread has to take in, so it throws {@link IllegalStateException}
 * at once: use the methods that return futures, or hang it on with an executor ({@code thenApplyAsync}).
 */
public final class FlotillaClient implements AutoCloseable {
    private final Endpoints endpoints;
    private final long timeoutNanos;

    FlotillaClient(Builder builder) {
        this(builder, new NettyTransport(builder.eventLoopThreads));
    }

    /** For tests: over another transport. */
    FlotillaClient(Builder builder, Transport transport) {
        this.timeoutNanos = checked(builder.defaultDeadline);
        this.endpoints =
                new Endpoints(transport, builder.endpoints, builder.clientName, builder.balance, builder.waitForQuorum);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The latest value (linearizable). */
    public Optional<byte[]> get(byte[] key) {
        return getOperation(key).await();
    }

    public Optional<byte[]> get(String key) {
        return get(utf8(key));
    }

    public Optional<String> getText(String key) {
        return get(key).map(value -> new String(value, StandardCharsets.UTF_8));
    }

    /** Writes exactly once. @return the packed commit timestamp */
    public long put(byte[] key, byte[] value) {
        return write(putMutation(key, value)).await();
    }

    public long put(String key, String value) {
        return put(utf8(key), utf8(value));
    }

    public long put(String key, byte[] value) {
        return put(utf8(key), value);
    }

    /** Deletes exactly once; an absent key is no error. @return the packed commit timestamp */
    public long delete(byte[] key) {
        return write(deleteMutation(key)).await();
    }

    public long delete(String key) {
        return delete(utf8(key));
    }

    /**
     * Writes, exactly once, if the key holds what is expected.
     *
     * @param expected empty: the key must not exist
     * @param value empty: remove the key
     * @return false if the key held something else; nothing was written then
     */
    public boolean compareAndSet(byte[] key, Optional<byte[]> expected, Optional<byte[]> value) {
        return write(casMutation(key, expected, value)).await() != SingleWrite.CONDITION_FAILED;
    }

    /**
     * Rows of [{@code start}, {@code end}) in key order, gathered over as many requests as it takes; each of them is one consistent
     * snapshot, all together only within {@link #transact}.
     *
     * @param end empty means to the end of the key space
     * @param limit rows at most; 0 means all of them
     */
    public List<KeyValue> scan(byte[] start, byte[] end, int limit) {
        List<KeyValue> rows = new ArrayList<>();
        byte[] from = start;
        while (true) {
            ScanPage page = scanPage(from, end, limit == 0 ? 0 : limit - rows.size());
            rows.addAll(page.rows());
            if (page.resume().isEmpty() || (limit > 0 && rows.size() >= limit)) {
                return rows;
            }
            from = page.resume().get();
        }
    }

    public List<KeyValue> scan(String start, String end, int limit) {
        return scan(utf8(start), utf8(end), limit);
    }

    /** One request's worth of rows: at most {@code limit} (0: as many as the gateway gives). */
    public ScanPage scanPage(byte[] start, byte[] end, int limit) {
        return scanOperation(start, end, limit).await();
    }

    /** Walks [{@code start}, {@code end}) page by page, asking for the next page when the last is used up. */
    public Iterable<KeyValue> scanAll(byte[] start, byte[] end, int pageRows) {
        return () -> new PagedRows(from -> scanPage(from, end, pageRows), start.clone());
    }

    /** What became of a write or transaction; changes nothing. */
    public Outcome outcome(TxnId id, byte[] anchor) {
        return outcome(id, anchor, false);
    }

    /** @param fence if it has left no trace, see to it that it never will: the answer is then final */
    public Outcome outcome(TxnId id, byte[] anchor, boolean fence) {
        Request.Builder request = Request.newBuilder();
        request.getOutcomeBuilder()
                .setId(Protocol.id(id))
                .setAnchor(ByteString.copyFrom(anchor))
                .setFence(fence);
        return read(request, response -> Protocol.outcome(response.getOutcome()))
                .await();
    }

    public <T extends @Nullable Object, X extends Exception> TxnResult<T> transact(TxnBody<T, X> body) throws X {
        return transact(TxnOptions.DEFAULT, body);
    }

    /**
     * Runs {@code body} in a serializable transaction, again and again until it commits, is proven hopeless or the deadline is
     * reached. A body that wrote nothing commits without a request.
     *
     * @throws CommitOutcomeUnknownException if nobody could say before the deadline whether it committed
     * @throws ConflictException if others were in the way until the deadline
     * @throws X what the body threw; the transaction is aborted
     */
    public <T extends @Nullable Object, X extends Exception> TxnResult<T> transact(
            TxnOptions options, TxnBody<T, X> body) throws X {
        long timeout = options.deadline().isZero() ? timeoutNanos : checked(options.deadline());
        return new TransactionRunner(endpoints, options, timeout).run(body);
    }

    /** {@link #transact} on a thread of {@code executor}. */
    public <T extends @Nullable Object, X extends Exception> CompletableFuture<TxnResult<T>> transactAsync(
            TxnOptions options, TxnBody<T, X> body, Executor executor) {
        CompletableFuture<TxnResult<T>> promise = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                promise.complete(transact(options, body));
            } catch (Throwable t) {
                promise.completeExceptionally(t);
            }
        });
        return promise;
    }

    public CompletableFuture<Optional<byte[]>> getAsync(byte[] key) {
        return getOperation(key).async();
    }

    public CompletableFuture<Long> putAsync(byte[] key, byte[] value) {
        return write(putMutation(key, value)).async();
    }

    public CompletableFuture<Long> deleteAsync(byte[] key) {
        return write(deleteMutation(key)).async();
    }

    public CompletableFuture<Boolean> compareAndSetAsync(
            byte[] key, Optional<byte[]> expected, Optional<byte[]> value) {
        return write(casMutation(key, expected, value))
                .async()
                .thenApply(timestamp -> timestamp != SingleWrite.CONDITION_FAILED);
    }

    public CompletableFuture<ScanPage> scanPageAsync(byte[] start, byte[] end, int limit) {
        return scanOperation(start, end, limit).async();
    }

    /** Endpoints and their state, for people. */
    public List<EndpointStatus> endpoints() {
        return endpoints.status();
    }

    /** Fails what is outstanding and lets go of all connections. */
    @Override
    public void close() {
        endpoints.close();
    }

    private ReadOperation<Optional<byte[]>> getOperation(byte[] key) {
        Request.Builder request = Request.newBuilder();
        request.getGetBuilder().setKey(ByteString.copyFrom(key));
        return read(
                request,
                response -> response.getGet().getFound()
                        ? Optional.of(response.getGet().getValue().toByteArray())
                        : Optional.empty());
    }

    private ReadOperation<ScanPage> scanOperation(byte[] start, byte[] end, int limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("limit is negative: " + limit);
        }
        Request.Builder request = Request.newBuilder();
        request.getScanBuilder()
                .setStart(ByteString.copyFrom(start))
                .setEnd(ByteString.copyFrom(end))
                .setLimit(Math.min(limit, Limits.SCAN_ROWS_MAX));
        return read(request, response -> Protocol.page(response.getScan()));
    }

    private <T> ReadOperation<T> read(Request.Builder request, Function<Response, T> reader) {
        return new ReadOperation<>(endpoints, System.nanoTime() + timeoutNanos, request, false, reader);
    }

    private SingleWrite write(Mutation mutation) {
        return new SingleWrite(endpoints, System.nanoTime() + timeoutNanos, mutation);
    }

    private static Mutation putMutation(byte[] key, byte[] value) {
        return Mutation.newBuilder()
                .setKey(ByteString.copyFrom(key))
                .setPut(ByteString.copyFrom(value))
                .build();
    }

    private static Mutation deleteMutation(byte[] key) {
        return Mutation.newBuilder()
                .setKey(ByteString.copyFrom(key))
                .setDelete(true)
                .build();
    }

    private static Mutation casMutation(byte[] key, Optional<byte[]> expected, Optional<byte[]> value) {
        Mutation.Builder mutation = Mutation.newBuilder().setKey(ByteString.copyFrom(key));
        CompareAndSet.Builder cas = mutation.getCasBuilder();
        expected.ifPresent(bytes -> cas.setExpected(ByteString.copyFrom(bytes)));
        value.ifPresent(bytes -> cas.setValue(ByteString.copyFrom(bytes)));
        return mutation.build();
    }

    private static long checked(Duration deadline) {
        if (deadline.toMillis() < 1 || deadline.toMillis() > Limits.DEADLINE_MILLIS_MAX) {
            throw new IllegalArgumentException(
                    "deadline is not within 1.." + Limits.DEADLINE_MILLIS_MAX + " ms: " + deadline);
        }
        return deadline.toNanos();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** How requests choose among the endpoints that can be reached. */
    public enum Balance {
        /** Each request goes to the next endpoint. */
        ROUND_ROBIN,
        /** The first one that can be reached. */
        FIRST
    }

    /** Settings of a client. */
    public static final class Builder {
        private List<String> endpoints = List.of("127.0.0.1:7400");
        private Duration defaultDeadline = Duration.ofMillis(Limits.DEADLINE_MILLIS_DEFAULT);
        private String clientName = "";
        private Balance balance = Balance.ROUND_ROBIN;
        private int eventLoopThreads = 1;
        private boolean waitForQuorum = true;

        private Builder() {}

        /** {@code host:port}, several separated by commas. */
        public Builder endpoints(String endpoints) {
            return endpoints(List.of(endpoints.split(",")));
        }

        public Builder endpoints(List<String> endpoints) {
            this.endpoints = Endpoints.checked(endpoints);
            return this;
        }

        /** For calls that name none; above zero, at most {@link Limits#DEADLINE_MILLIS_MAX}. */
        public Builder defaultDeadline(Duration defaultDeadline) {
            this.defaultDeadline = defaultDeadline;
            return this;
        }

        /** Shown by the server to its operators. */
        public Builder clientName(String clientName) {
            this.clientName = clientName;
            return this;
        }

        public Builder balance(Balance balance) {
            this.balance = balance;
            return this;
        }

        /**
         * Whether a call goes on trying, until its deadline, while the nodes say {@link ErrorCode#NO_QUORUM}: the nodes that are away may come back.
         * Without it the call fails as soon as it is told so, within milliseconds once the loss is known; and within about a second where nobody has
         * founded a cluster, which is waited for, too, otherwise. Default: true.
         */
        public Builder waitForQuorum(boolean waitForQuorum) {
            this.waitForQuorum = waitForQuorum;
            return this;
        }

        /** Threads that move bytes; one serves tens of thousands of requests a second. */
        public Builder eventLoopThreads(int eventLoopThreads) {
            if (eventLoopThreads < 1) {
                throw new IllegalArgumentException("eventLoopThreads is below 1: " + eventLoopThreads);
            }
            this.eventLoopThreads = eventLoopThreads;
            return this;
        }

        /** Connects in the background; does not wait for it. */
        public FlotillaClient build() {
            return new FlotillaClient(this);
        }
    }
}
