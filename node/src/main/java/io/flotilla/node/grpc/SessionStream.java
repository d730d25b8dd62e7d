package io.flotilla.node.grpc;

import io.flotilla.config.kv.KvError;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.SessionRequest;
import io.flotilla.v1.SessionResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One client's stream of requests and answers. Answers that become ready while others are being written, or during one message of requests,
 * leave together in one message.
 *
 * <p>Threading: requests come from one event loop; answers from any thread. Whoever adds an answer and finds nobody writing, writes.
 */
final class SessionStream implements StreamObserver<SessionRequest> {
    /** Answers that the client has not taken; no more requests are taken from it until there are fewer. */
    private static final int UNSENT_MAX = 20_000;

    /** And as many bytes of them; beyond, nothing is read for it either: a few thousand scans are gigabytes. */
    private static final long UNSENT_BYTES_MAX = 64L * 1024 * 1024;

    private static final long RETRY_AFTER_MILLIS = 250;

    /** One message of answers: well below what a client accepts, large enough to be worth its frame. */
    private static final int MESSAGE_BYTES_MAX = 1024 * 1024;

    private static final int MESSAGES_AHEAD = 8;

    private final KvRequests requests;
    private final Executor group;
    private final Consumer<SessionStream> ended;
    private final ServerCallStreamObserver<SessionResponse> out;
    private final ConcurrentLinkedQueue<Response> ready = new ConcurrentLinkedQueue<>();
    private final AtomicInteger outstanding = new AtomicInteger();
    private final AtomicInteger unsent = new AtomicInteger();
    private final AtomicLong unsentBytes = new AtomicLong();

    /** How many reasons to look at the queue have come up since the writer last looked; above zero while somebody writes. */
    private final AtomicInteger reasons = new AtomicInteger();

    private final AtomicInteger withheld = new AtomicInteger();
    private final AtomicBoolean completed = new AtomicBoolean();
    private volatile boolean halfClosed;

    /** The client is to be told that this node is about to stop. */
    private final AtomicBoolean farewell = new AtomicBoolean();

    SessionStream(
            KvRequests requests,
            ServerCallStreamObserver<SessionResponse> out,
            Executor group,
            Consumer<SessionStream> ended) {
        this.ended = ended;
        this.requests = requests;
        this.out = out;
        this.group = group;
    }

    /** To be called before the first message, from the handler itself. */
    void open() {
        out.disableAutoRequest();
        out.setOnReadyHandler(this::write);
        out.setOnCancelHandler(() -> {
            ended.accept(this);
            ready.clear();
        });
        out.request(MESSAGES_AHEAD);
    }

    /** Tells the client to ask elsewhere from now on; what it has asked is answered. Any thread. */
    void sayFarewell() {
        farewell.set(true);
        write();
    }

    @Override
    public void onNext(SessionRequest message) {
        // Counts as a writer while the requests are started: what is answered at once leaves together.
        boolean idle = reasons.getAndIncrement() == 0;
        try {
            group.execute(() -> start(message));
            if (unsent.get() > UNSENT_MAX || unsentBytes.get() > UNSENT_BYTES_MAX) {
                withheld.incrementAndGet();
                write(); // what was unsent may be sent by now, and whoever sent it has looked before this was withheld
            } else {
                out.request(1);
            }
        } finally {
            if (idle) {
                drain();
            }
        }
    }

    private void start(SessionRequest message) {
        for (Request request : message.getRequestsList()) {
            outstanding.incrementAndGet();
            if (isRead(request) && unsentBytes.get() > UNSENT_BYTES_MAX) {
                answered(KvRequests.failed(
                        request, new KvError.Overloaded("this client's own stream", RETRY_AFTER_MILLIS)));
            } else {
                requests.handle(request, this::answered);
            }
        }
    }

    private static boolean isRead(Request request) {
        return request.getKindCase() == Request.KindCase.GET || request.getKindCase() == Request.KindCase.SCAN;
    }

    @Override
    public void onError(Throwable error) {
        ended.accept(this);
        halfClosed = true;
        ready.clear();
    }

    @Override
    public void onCompleted() {
        halfClosed = true;
        write();
    }

    private void answered(Response response) {
        unsent.incrementAndGet();
        unsentBytes.addAndGet(response.getSerializedSize());
        ready.add(response);
        outstanding.decrementAndGet();
        write();
    }

    private void write() {
        if (reasons.getAndIncrement() == 0) {
            drain();
        }
    }

    private void drain() {
        int seen = reasons.get();
        while (seen != 0) {
            while (!out.isCancelled() && out.isReady() && (!ready.isEmpty() || farewell.get())) {
                out.onNext(nextMessage());
            }
            if (out.isCancelled()) {
                ready.clear();
            } else {
                releaseWithheld();
                if (halfClosed && outstanding.get() == 0 && ready.isEmpty() && completed.compareAndSet(false, true)) {
                    ended.accept(this);
                    out.onCompleted();
                }
            }
            seen = reasons.addAndGet(-seen);
        }
    }

    private SessionResponse nextMessage() {
        SessionResponse.Builder message = SessionResponse.newBuilder().setGoingAway(farewell.getAndSet(false));
        long bytes = 0;
        Response next = ready.poll();
        int taken = 0;
        while (next != null) {
            message.addResponses(next);
            taken++;
            bytes += next.getSerializedSize();
            next = bytes < MESSAGE_BYTES_MAX ? ready.poll() : null;
        }
        unsent.addAndGet(-taken);
        unsentBytes.addAndGet(-bytes);
        return message.build();
    }

    private void releaseWithheld() {
        if (withheld.get() > 0 && unsent.get() < UNSENT_MAX / 2 && unsentBytes.get() < UNSENT_BYTES_MAX / 2) {
            out.request(withheld.getAndSet(0));
        }
    }
}
