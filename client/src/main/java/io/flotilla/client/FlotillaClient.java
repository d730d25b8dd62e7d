package io.flotilla.client;

import io.flotilla.config.settings.Limits;
import io.flotilla.config.txn.TxnId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a cluster. Safe for any number of threads; what they ask for at the same moment travels together. Every call
 * has a deadline. Blocking calls throw {@link FlotillaException}; futures fail with it. Byte arrays are copied on the way in.
 */
public final class FlotillaClient implements AutoCloseable {
    FlotillaClient(Builder builder) {
        throw new UnsupportedOperationException("not built yet");
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The latest value (linearizable). */
    public Optional<byte[]> get(byte[] key) {
        throw new UnsupportedOperationException("not built yet");
    }

    public Optional<byte[]> get(String key) {
        return get(utf8(key));
    }

    public Optional<String> getText(String key) {
        return get(key).map(value -> new String(value, StandardCharsets.UTF_8));
    }

    /** Writes exactly once. @return the packed commit timestamp */
    public long put(byte[] key, byte[] value) {
        throw new UnsupportedOperationException("not built yet");
    }

    public long put(String key, String value) {
        return put(utf8(key), utf8(value));
    }

    public long put(String key, byte[] value) {
        return put(utf8(key), value);
    }

    /** Deletes exactly once; an absent key is no error. @return the packed commit timestamp */
    public long delete(byte[] key) {
        throw new UnsupportedOperationException("not built yet");
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
        throw new UnsupportedOperationException("not built yet");
    }

    /**
     * Rows of [{@code start}, {@code end}) in key order, gathered over as many requests as it takes; each of them is one consistent
     * snapshot, all together only within {@link #transact}.
     *
     * @param end empty means to the end of the key space
     * @param limit rows at most; 0 means all of them
     */
    public List<KeyValue> scan(byte[] start, byte[] end, int limit) {
        throw new UnsupportedOperationException("not built yet");
    }

    public List<KeyValue> scan(String start, String end, int limit) {
        return scan(utf8(start), utf8(end), limit);
    }

    /** One request's worth of rows: at most {@code limit} (0: as many as the gateway gives). */
    public ScanPage scanPage(byte[] start, byte[] end, int limit) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Walks [{@code start}, {@code end}) page by page, asking for the next page when the last is used up. */
    public Iterable<KeyValue> scanAll(byte[] start, byte[] end, int pageRows) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** What became of a write or transaction; changes nothing. */
    public Outcome outcome(TxnId id, byte[] anchor) {
        return outcome(id, anchor, false);
    }

    /** @param fence if it has left no trace, see to it that it never will: the answer is then final */
    public Outcome outcome(TxnId id, byte[] anchor, boolean fence) {
        throw new UnsupportedOperationException("not built yet");
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
        throw new UnsupportedOperationException("not built yet");
    }

    /** {@link #transact} on a thread of {@code executor}. */
    public <T extends @Nullable Object, X extends Exception> CompletableFuture<TxnResult<T>> transactAsync(
            TxnOptions options, TxnBody<T, X> body, Executor executor) {
        throw new UnsupportedOperationException("not built yet");
    }

    public CompletableFuture<Optional<byte[]>> getAsync(byte[] key) {
        throw new UnsupportedOperationException("not built yet");
    }

    public CompletableFuture<Long> putAsync(byte[] key, byte[] value) {
        throw new UnsupportedOperationException("not built yet");
    }

    public CompletableFuture<Long> deleteAsync(byte[] key) {
        throw new UnsupportedOperationException("not built yet");
    }

    public CompletableFuture<Boolean> compareAndSetAsync(
            byte[] key, Optional<byte[]> expected, Optional<byte[]> value) {
        throw new UnsupportedOperationException("not built yet");
    }

    public CompletableFuture<ScanPage> scanPageAsync(byte[] start, byte[] end, int limit) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Endpoints and their state, for people. */
    public List<EndpointStatus> endpoints() {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Fails what is outstanding and lets go of all connections. */
    @Override
    public void close() {}

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

        private Builder() {}

        /** {@code host:port}, several separated by commas. */
        public Builder endpoints(String endpoints) {
            return endpoints(List.of(endpoints.split(",")));
        }

        public Builder endpoints(List<String> endpoints) {
            this.endpoints = List.copyOf(endpoints);
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

        /** Connects in the background; does not wait for it. */
        public FlotillaClient build() {
            return new FlotillaClient(this);
        }
    }
}
