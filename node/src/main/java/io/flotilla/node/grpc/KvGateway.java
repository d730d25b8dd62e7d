package io.flotilla.node.grpc;

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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/** The data service. Threading: handlers run on event loops and never block; answers leave from whatever thread they come on. */
public final class KvGateway extends KvGrpc.KvImplBase {
    private final KvRequests requests;
    private final Executor group;
    private final Set<SessionStream> sessions = ConcurrentHashMap.newKeySet();
    private volatile boolean goingAway;

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
        SessionStream stream = new SessionStream(
                requests, (ServerCallStreamObserver<SessionResponse>) responses, group, sessions::remove);
        sessions.add(stream);
        stream.open();
        if (goingAway) {
            stream.sayFarewell();
        }
        return stream;
    }

    /** This node is about to stop: every client is told to ask others from now on. What they have asked is answered. */
    public void goAway() {
        goingAway = true;
        sessions.forEach(SessionStream::sayFarewell);
    }

    @Override
    public void execute(Request request, StreamObserver<Response> responses) {
        ServerCallStreamObserver<Response> out = (ServerCallStreamObserver<Response>) responses;
        // With a handler set, answering a call that was given up is no error.
        out.setOnCancelHandler(() -> {});
        requests.handle(request, response -> {
            out.onNext(response);
            out.onCompleted();
        });
    }
}
