package io.flotilla.client;

import io.flotilla.config.settings.Limits;
import io.flotilla.v1.Error;
import io.flotilla.v1.KvGrpc;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.SessionRequest;
import io.flotilla.v1.SessionResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint and the one stream to it. Any thread pushes exchanges into the inbox; the first into an empty one wakes the loop, which
 * takes all there are into as few messages as possible. So a batch is whatever came while the loop was busy: no timer, no delay.
 *
 * <p>All other state belongs to the loop. An exchange is handed to the stream only when the stream is known to stand, so that "never
 * sent" is certain whenever it is said.
 */
final class Connection {
    static final Metadata.Key<String> CLIENT_NAME =
            Metadata.Key.of("flotilla-client", Metadata.ASCII_STRING_MARSHALLER);

    /** Close a message at this size; one request may be larger by itself. */
    private static final int MESSAGE_BYTES = 512 * 1024;

    /** A larger one would not be refused but end the stream, and with it all that others have asked there. */
    private static final int REQUEST_BYTES_MAX = Limits.FRAME_BYTES_MAX - MESSAGE_BYTES - 64 * 1024;

    /** Messages that may come before more are asked for, one for each that came: there is no asking for all of them. */
    private static final int MESSAGES_AHEAD = 1_024;

    private static final long RECONNECT_MILLIS_MIN = 20;

    /** A server that starts again takes two seconds; whoever waits for it should not add much to that. */
    private static final long RECONNECT_MILLIS_MAX = 250;

    /** Connected, asked, and not a word for so long: others are preferred. */
    static final long SUSPECT_NANOS = 1_000_000_000L;

    /** Not a word for so long: what was sent there counts as lost. */
    static final long SILENT_NANOS = 3_000_000_000L;

    private final String endpoint;
    private final Transport.Loop loop;
    private final ManagedChannel channel;
    private final String clientName;
    private final Endpoints owner;

    private final AtomicReference<@Nullable Exchange> inbox = new AtomicReference<>();

    // The loop's own.
    private final Outstanding outstanding = new Outstanding();
    private final SendQueue unsent = new SendQueue();
    private @Nullable ClientCall<SessionRequest, SessionResponse> call;
    private boolean standing;
    private boolean closed;

    /** The server is about to stop: nothing more is sent on this stream. */
    private boolean leaving;

    private int connectFailures;
    private int suspicions;
    private long lastHeardNanos;

    // Read by any thread.
    private volatile EndpointStatus status;
    private volatile long suspectUntilNanos;

    /** Nothing to time out since the last sweep. */
    private volatile boolean idle = true;

    Connection(String endpoint, Transport transport, String clientName, Endpoints owner) {
        this.endpoint = endpoint;
        this.loop = transport.nextLoop();
        this.channel = transport.open(endpoint, loop);
        this.clientName = clientName;
        this.owner = owner;
        this.status = new EndpointStatus(endpoint, EndpointStatus.State.CONNECTING, "");
    }

    EndpointStatus status() {
        return status;
    }

    boolean isReady() {
        return status.state() == EndpointStatus.State.READY;
    }

    /** Connected but silent, and due to be tried again. */
    boolean isSuspect() {
        return status.state() == EndpointStatus.State.SUSPECT;
    }

    boolean suspicionIsOver(long nowNanos) {
        return isSuspect() && nowNanos - suspectUntilNanos >= 0;
    }

    boolean isOwnThread() {
        return loop.isCurrent();
    }

    void start() {
        loop.execute(this::connect);
    }

    /** Any thread. */
    void submit(Exchange exchange) {
        Exchange head;
        do {
            head = inbox.get();
            exchange.next = head;
        } while (!inbox.compareAndSet(head, exchange));
        if (head == null) {
            wake();
        }
    }

    private void wake() {
        try {
            loop.execute(this::drain);
        } catch (RejectedExecutionException e) {
            // Closed meanwhile: the loop is gone.
            Exchange left = inbox.getAndSet(null);
            while (left != null) {
                Exchange following = left.next;
                left.failed(Endpoints.closedFailure());
                left = following;
            }
        }
    }

    /** Any thread, now and then. */
    void tick(long nowNanos) {
        if (!idle) {
            loop.execute(() -> sweep(nowNanos));
        }
    }

    void close() {
        loop.execute(() -> {
            closed = true;
            ClientCall<SessionRequest, SessionResponse> current = call;
            call = null;
            standing = false;
            channel.shutdownNow();
            if (current != null) {
                current.cancel("the client is closed", null);
            }
            failAll("the client is closed");
        });
    }

    private void connect() {
        if (closed) {
            return;
        }
        channel.resetConnectBackoff();
        ClientCall<SessionRequest, SessionResponse> fresh =
                channel.newCall(KvGrpc.getSessionMethod(), CallOptions.DEFAULT);
        call = fresh;
        if (status.state() != EndpointStatus.State.BACKOFF) {
            setState(EndpointStatus.State.CONNECTING, "");
        }
        Metadata headers = new Metadata();
        if (!clientName.isEmpty()) {
            headers.put(CLIENT_NAME, clientName);
        }
        try {
            fresh.start(new Listener(fresh), headers);
            fresh.request(MESSAGES_AHEAD);
        } catch (RuntimeException failure) {
            // A transport that is being torn down may throw instead of closing the call; then nobody else would try
            // again.
            if (fresh.equals(call)) {
                broke(Status.UNAVAILABLE.withCause(failure));
            }
        }
    }

    /** Takes the inbox, oldest first, and sends what the stream will have. */
    private void drain() {
        if (idle) {
            idle = false;
        }
        Exchange taken = inbox.getAndSet(null);
        Exchange oldest = null;
        while (taken != null) {
            Exchange following = taken.next;
            taken.next = oldest;
            oldest = taken;
            taken = following;
        }
        while (oldest != null) {
            Exchange following = oldest.next;
            oldest.next = null;
            if (unsent.isFull()) {
                oldest.failed(Failure.local(
                        Error.Code.OVERLOADED, "too many requests wait to be sent to " + endpoint, false, "ROUTE"));
            } else {
                unsent.add(oldest);
            }
            oldest = following;
        }
        flush();
    }

    private void flush() {
        ClientCall<SessionRequest, SessionResponse> current = call;
        if (current == null || !standing || leaving) {
            handBack();
            return;
        }
        while (!unsent.isEmpty() && current.isReady()) {
            SessionRequest message = nextMessage();
            if (message.getRequestsCount() == 0) {
                return; // when answers come in there is room again
            }
            current.sendMessage(message);
        }
    }

    private SessionRequest nextMessage() {
        SessionRequest.Builder message = SessionRequest.newBuilder();
        long now = System.nanoTime();
        int bytes = 0;
        Exchange exchange;
        while (bytes < MESSAGE_BYTES && !outstanding.isFull() && (exchange = unsent.next()) != null) {
            outstanding.add(exchange);
            exchange.sentAtNanos = now;
            Request request = Objects.requireNonNull(exchange.request)
                    .setId(exchange.id)
                    .setTimeoutMs(timeoutMillis(exchange.expiresAtNanos - now))
                    .build();
            int size = request.getSerializedSize();
            if (size > REQUEST_BYTES_MAX) {
                outstanding.take(exchange.id);
                unsent.ended(exchange, now, false);
                exchange.failed(Failure.refused(
                        Error.Code.TOO_LARGE,
                        "the request's size is " + size + ", the limit is " + REQUEST_BYTES_MAX,
                        "SEND"));
                continue;
            }
            bytes += size;
            message.addRequests(request);
        }
        return message.build();
    }

    /** The gateway is given a little less than is left, so that its answer comes first. */
    private static int timeoutMillis(long leftNanos) {
        long millis = leftNanos / 1_000_000;
        return (int) Math.max(1, millis - Math.min(100, millis / 8));
    }

    /** Not sent, hence free to go elsewhere. */
    private void handBack() {
        // First all out: who is asked instead may be this one.
        List<Exchange> back = new ArrayList<>();
        unsent.takeIf(exchange -> true, back::add);
        for (Exchange exchange : back) {
            exchange.avoid = this;
            owner.submit(exchange);
        }
    }

    private void received(SessionResponse message) {
        lastHeardNanos = System.nanoTime();
        if (suspicions > 0 && !leaving) {
            suspicions = 0;
            setState(EndpointStatus.State.READY, "");
        }
        for (int i = 0, n = message.getResponsesCount(); i < n; i++) {
            Response response = message.getResponses(i);
            Exchange exchange = outstanding.take(response.getId());
            if (exchange != null) {
                unsent.ended(exchange, lastHeardNanos, response.getKindCase() != Response.KindCase.ERROR);
                exchange.answered(response);
            }
        }
        if (message.getGoingAway()) {
            leave();
        } else if (!unsent.isEmpty()) {
            flush();
        }
    }

    /** Asks others from now on. What was asked here is waited for: it will be answered. */
    private void leave() {
        ClientCall<SessionRequest, SessionResponse> current = call;
        if (leaving || current == null) {
            return;
        }
        leaving = true;
        setState(EndpointStatus.State.BACKOFF, "about to stop");
        handBack();
        current.halfClose();
        watchEnd(current);
    }

    /** Nothing is sent on a stream that ends, so nothing would tell that its server is gone without a word, and nobody would look for the next one there. */
    private void watchEnd(ClientCall<SessionRequest, SessionResponse> ending) {
        owner.later(
                SUSPECT_NANOS,
                () -> loop.execute(() -> {
                    if (!ending.equals(call)) {
                        return;
                    }
                    if (outstanding.size() == 0 && System.nanoTime() - lastHeardNanos >= SILENT_NANOS) {
                        ending.cancel("it was about to stop, and did not say that it has", null);
                        broke(Status.UNAVAILABLE.withDescription("it was about to stop"));
                    } else {
                        watchEnd(ending);
                    }
                }));
    }

    private void stands() {
        if (!standing) {
            standing = true;
            connectFailures = 0;
            suspicions = 0;
            lastHeardNanos = System.nanoTime();
            setState(EndpointStatus.State.READY, "");
        }
        flush();
    }

    private void broke(Status reason) {
        call = null;
        standing = false;
        leaving = false;
        connectFailures++;
        String why = describe(reason);
        setState(EndpointStatus.State.BACKOFF, why);
        failAll("the connection to " + endpoint + " broke: " + why);
        if (!closed) {
            long ceiling = Math.min(RECONNECT_MILLIS_MAX, RECONNECT_MILLIS_MIN << Math.min(connectFailures, 10));
            long delay = ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2 + 1);
            owner.later(delay * 1_000_000, () -> loop.execute(this::connect));
        }
    }

    private void failAll(String why) {
        handBack();
        Failure lost = Failure.local(Error.Code.UNAVAILABLE, why, true, "ANSWER");
        takeOutstandingIf(exchange -> true, lost);
    }

    private void takeOutstandingIf(Predicate<Exchange> filter, Failure failure) {
        long now = System.nanoTime();
        outstanding.takeIf(filter, exchange -> {
            unsent.ended(exchange, now, false);
            lose(exchange, failure);
        });
    }

    private void lose(Exchange exchange, Failure failure) {
        exchange.avoid = this;
        exchange.failed(failure);
    }

    /** Time-outs, for all requests at once: cheaper than a timer for each. */
    private void sweep(long nowNanos) {
        if (!unsent.isEmpty()) {
            Failure late =
                    Failure.local(Error.Code.DEADLINE, "could not be sent to " + endpoint + " in time", false, "SEND");
            unsent.takeIf(exchange -> nowNanos - exchange.expiresAtNanos >= 0, exchange -> lose(exchange, late));
        }
        if (outstanding.size() == 0) {
            idle = unsent.isEmpty();
            return;
        }
        Failure expired = Failure.local(
                Error.Code.DEADLINE, "no answer from " + endpoint + " within the time given", true, "ANSWER");
        takeOutstandingIf(exchange -> nowNanos - exchange.expiresAtNanos >= 0, expired);
        judgeSilence(nowNanos);
        flush();
    }

    /**
     * A process that is stopped, or a network that swallows, looks like an open connection. HAZARD: a server that is merely slow on the
     * only request it has looks the same; it costs that request a look-up and a repetition, never correctness.
     */
    private void judgeSilence(long nowNanos) {
        long silentSince = Math.max(lastHeardNanos, outstanding.oldestSentAtNanos(nowNanos));
        long silence = nowNanos - silentSince;
        if (silence < SUSPECT_NANOS || !standing || leaving) {
            return;
        }
        if (status.state() == EndpointStatus.State.READY) {
            suspicions++;
            suspectUntilNanos = nowNanos + (SUSPECT_NANOS << Math.min(suspicions, 4));
            setState(EndpointStatus.State.SUSPECT, "silent for " + silence / 1_000_000 + " ms");
        }
        if (silence >= SILENT_NANOS && owner.hasOther(this)) {
            Failure silent = Failure.local(Error.Code.UNAVAILABLE, endpoint + " is silent", true, "ANSWER");
            takeOutstandingIf(exchange -> nowNanos - exchange.sentAtNanos >= SILENT_NANOS, silent);
        }
    }

    /** Called by the owner when the suspicion's time is over: one more chance. */
    void rehabilitate() {
        loop.execute(() -> {
            if (standing && isSuspect() && !leaving) {
                setState(EndpointStatus.State.READY, "on probation");
            }
        });
    }

    private void setState(EndpointStatus.State state, String detail) {
        status = new EndpointStatus(endpoint, state, detail);
        owner.changed();
    }

    private static String describe(Status status) {
        Throwable cause = status.getCause();
        String text = status.getDescription() == null ? "" : ": " + status.getDescription();
        return status.getCode() + text + (cause == null ? "" : " (" + cause.getMessage() + ")");
    }

    private void onLoop(Runnable task) {
        if (loop.isCurrent()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    /** Callbacks of one stream; those of a stream given up are ignored. */
    private final class Listener extends ClientCall.Listener<SessionResponse> {
        private final ClientCall<SessionRequest, SessionResponse> mine;

        Listener(ClientCall<SessionRequest, SessionResponse> mine) {
            this.mine = mine;
        }

        @Override
        public void onReady() {
            onLoop(() -> {
                if (mine.equals(call)) {
                    stands();
                }
            });
        }

        @Override
        public void onMessage(SessionResponse message) {
            onLoop(() -> {
                if (mine.equals(call)) {
                    mine.request(1);
                    received(message);
                }
            });
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            onLoop(() -> {
                if (mine.equals(call)) {
                    broke(status);
                }
            });
        }
    }
}
