package io.flotilla.client;

import io.flotilla.config.settings.Limits;
import io.flotilla.v1.Error;
import io.flotilla.v1.KvGrpc;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.SessionRequest;
import io.flotilla.v1.SessionResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** One endpoint over a {@link FakeStore}, with a place for faults. Serves each stream in one thread. */
final class FakeGateway extends KvGrpc.KvImplBase implements AutoCloseable {
    /** What a fault does with a request. */
    enum Fate {
        /** Executed and answered. */
        SERVE,
        /** Not executed; the stream breaks. */
        BREAK,
        /** Executed; the stream breaks before the answer. */
        EXECUTE_THEN_BREAK,
        /** Not executed, never answered. */
        SWALLOW
    }

    private final FakeStore store;
    private final boolean tcp;
    private int port;
    private final String name = UUID.randomUUID() + ":1";
    private final ExecutorService executor = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "fake-gateway");
        thread.setDaemon(true);
        return thread;
    });
    private final List<StreamObserver<SessionResponse>> streams = new CopyOnWriteArrayList<>();
    private Server server;

    /** All requests in the order they came. */
    final List<Request> requests = new CopyOnWriteArrayList<>();

    /** How many requests each message carried. */
    final List<Integer> batches = new CopyOnWriteArrayList<>();

    /** How many streams were opened so far. */
    final AtomicInteger sessions = new AtomicInteger();

    /** Whether a stream that the client has ended is ended here as well. */
    volatile boolean endsStreams = true;

    volatile Function<Request, Optional<Error.Builder>> refusal = request -> Optional.empty();
    volatile Function<Request, Fate> fate = request -> Fate.SERVE;

    FakeGateway(FakeStore store) {
        this.store = store;
        this.tcp = false;
        this.server = start();
    }

    private FakeGateway(FakeStore store, boolean tcp) {
        this.store = store;
        this.tcp = tcp;
        this.server = start();
    }

    /** One that listens on a port of this machine. */
    static FakeGateway overTcp(FakeStore store) {
        return new FakeGateway(store, true);
    }

    String endpoint() {
        return tcp ? "127.0.0.1:" + port : name;
    }

    private Server start() {
        try {
            if (tcp) {
                Server started = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
                        .maxInboundMessageSize(Limits.FRAME_BYTES_MAX)
                        .addService(this)
                        .build()
                        .start();
                port = started.getPort();
                return started;
            }
            return InProcessServerBuilder.forName(name)
                    .executor(executor)
                    .addService(this)
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The process dies. */
    void kill() {
        server.shutdownNow();
        try {
            server.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (StreamObserver<SessionResponse> stream : streams) {
            broke(stream);
        }
        streams.clear();
    }

    /** The process says that it is about to stop. */
    void sayFarewell() {
        for (StreamObserver<SessionResponse> stream : streams) {
            stream.onNext(SessionResponse.newBuilder().setGoingAway(true).build());
        }
    }

    void restart() {
        server = start();
    }

    List<Request> requests(Request.KindCase kind) {
        return requests.stream()
                .filter(request -> request.getKindCase() == kind)
                .toList();
    }

    @Override
    public StreamObserver<SessionRequest> session(StreamObserver<SessionResponse> answers) {
        streams.add(answers);
        sessions.incrementAndGet();
        return new StreamObserver<>() {
            @Override
            public void onNext(SessionRequest message) {
                serve(message, answers);
            }

            @Override
            public void onError(Throwable t) {
                streams.remove(answers);
            }

            @Override
            public void onCompleted() {
                if (endsStreams) {
                    answers.onCompleted();
                }
            }
        };
    }

    private void serve(SessionRequest message, StreamObserver<SessionResponse> answers) {
        batches.add(message.getRequestsCount());
        SessionResponse.Builder batch = SessionResponse.newBuilder();
        for (Request request : message.getRequestsList()) {
            requests.add(request);
            Optional<Error.Builder> refused = refusal.apply(request);
            if (refused.isPresent()) {
                batch.addResponses(Response.newBuilder().setId(request.getId()).setError(refused.get()));
                continue;
            }
            switch (fate.apply(request)) {
                case SERVE -> batch.addResponses(store.execute(request));
                case BREAK -> {
                    broke(answers);
                    return;
                }
                case EXECUTE_THEN_BREAK -> {
                    store.execute(request);
                    broke(answers);
                    return;
                }
                default -> {
                    // Swallowed.
                }
            }
        }
        if (batch.getResponsesCount() > 0) {
            answers.onNext(batch.build());
        }
    }

    private static void broke(StreamObserver<SessionResponse> answers) {
        try {
            answers.onError(
                    Status.UNAVAILABLE.withDescription("broken for the test").asRuntimeException());
        } catch (IllegalStateException e) {
            // Closed before.
            return;
        }
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
