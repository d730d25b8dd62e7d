package io.flotilla.node.grpc;

import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.time.HybridClock;
import io.flotilla.txn.coordinator.TxnCoordinator;
import io.flotilla.v1.KvGrpc;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.SessionRequest;
import io.flotilla.v1.SessionResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** The data service. Threading: handlers run on event loops and never block; answers leave from whatever thread they come on. */
public final class KvGateway extends KvGrpc.KvImplBase {
    /** Single calls under way at once on this node; more are refused as OVERLOADED. */
    private static final int CALLS_MAX = 20_000;

    private static final long RETRY_AFTER_MILLIS = 50;

    private final KvRequests requests;
    private final Executor group;
    private final AtomicInteger calls = new AtomicInteger();

    /**
     * @param initialized whether this node belongs to an initialized cluster and may serve
     * @param group runs a task at once, on the calling thread, such that what it hands to others on this node is handled as one group when it is done
     */
    public KvGateway(
            KvSender sender,
            TxnCoordinator coordinator,
            HybridClock clock,
            BooleanSupplier initialized,
            Executor group) {
        this.requests = new KvRequests(sender, coordinator, clock, initialized);
        this.group = group;
    }

    @Override
    public StreamObserver<SessionRequest> session(StreamObserver<SessionResponse> responses) {
        SessionStream stream =
                new SessionStream(requests, (ServerCallStreamObserver<SessionResponse>) responses, group);
        stream.open();
        return stream;
    }

    @Override
    public void execute(Request request, StreamObserver<Response> responses) {
        ServerCallStreamObserver<Response> out = (ServerCallStreamObserver<Response>) responses;
        // With a handler set, answering a call that was given up is no error.
        out.setOnCancelHandler(() -> {});
        if (calls.incrementAndGet() > CALLS_MAX) {
            calls.decrementAndGet();
            out.onNext(KvRequests.failed(request, new KvError.Overloaded("this node", RETRY_AFTER_MILLIS)));
            out.onCompleted();
            return;
        }
        requests.handle(request, response -> {
            calls.decrementAndGet();
            out.onNext(response);
            out.onCompleted();
        });
    }
}
