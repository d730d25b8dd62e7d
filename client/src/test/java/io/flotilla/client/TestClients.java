package io.flotilla.client;

import io.flotilla.client.FakeGateway.Fate;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.inprocess.InProcessChannelBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Clients in the same process as the fake gateways. */
public final class TestClients {
    private TestClients() {}

    static FlotillaClient of(Duration deadline, FakeGateway... gateways) {
        List<String> endpoints = Stream.of(gateways).map(FakeGateway::endpoint).toList();
        return new FlotillaClient(
                FlotillaClient.builder().endpoints(endpoints).defaultDeadline(deadline), new InProcess());
    }

    static FlotillaClient of(FakeGateway... gateways) {
        return of(Duration.ofSeconds(20), gateways);
    }

    /** A client whose first stream throws when it is to be started. */
    static FlotillaClient ofOneThatThrowsFirst(FakeGateway gateway) {
        AtomicBoolean first = new AtomicBoolean(true);
        ClientInterceptor throwing = new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                    MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                    @Override
                    public void start(Listener<A> listener, Metadata headers) {
                        if (first.getAndSet(false)) {
                            throw new IllegalStateException("the transport is being torn down");
                        }
                        super.start(listener, headers);
                    }
                };
            }
        };
        return new FlotillaClient(
                FlotillaClient.builder().endpoints(List.of(gateway.endpoint())).defaultDeadline(Duration.ofSeconds(20)),
                new InProcess(throwing));
    }

    /** A client of whose first request for messages only so much is granted: as if all the others had come already. */
    static FlotillaClient ofOneThatHasReceivedMuch(FakeGateway gateway, int messagesLeft) {
        ClientInterceptor counting = new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                    MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                AtomicBoolean first = new AtomicBoolean(true);
                return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                    @Override
                    public void request(int messages) {
                        super.request(first.getAndSet(false) ? Math.min(messages, messagesLeft) : messages);
                    }
                };
            }
        };
        return new FlotillaClient(
                FlotillaClient.builder().endpoints(List.of(gateway.endpoint())).defaultDeadline(Duration.ofSeconds(10)),
                new InProcess(counting));
    }

    /** A client of a store that stands alone, for tests of what is built on the client. @param careless loses updates */
    public static FlotillaClient standalone(boolean careless) {
        FakeStore store = new FakeStore();
        store.careless = careless;
        return of(new FakeGateway(store), new FakeGateway(store));
    }

    /**
     * A client of a store that stands alone and of whose answers many get lost: of some requests the client hears before its deadline neither whether they were
     * carried out nor, when it asks, what became of them.
     */
    public static FlotillaClient standaloneThatLosesAnswers() {
        FakeStore store = new FakeStore();
        FakeGateway gateway = new FakeGateway(store);
        AtomicInteger count = new AtomicInteger();
        gateway.fate = request -> switch (request.getKindCase()) {
            case COMMIT, WRITE -> {
                int n = count.incrementAndGet();
                yield n % 5 == 0 ? Fate.EXECUTE_THEN_BREAK : n % 11 == 0 ? Fate.SWALLOW : Fate.SERVE;
            }
            case OUTCOME -> count.incrementAndGet() % 2 == 0 ? Fate.SWALLOW : Fate.SERVE;
            default -> Fate.SERVE;
        };
        return of(Duration.ofMillis(150), gateway);
    }

    static final class InProcess implements Transport {
        private final ClientInterceptor[] interceptors;

        InProcess(ClientInterceptor... interceptors) {
            this.interceptors = interceptors;
        }

        @Override
        public Loop nextLoop() {
            return new ThreadLoop();
        }

        @Override
        public ManagedChannel open(String endpoint, Loop loop) {
            return InProcessChannelBuilder.forName(endpoint)
                    .executor(loop)
                    .intercept(interceptors)
                    .build();
        }

        @Override
        public void close() {}
    }

    private static final class ThreadLoop implements Transport.Loop {
        private volatile @Nullable Thread thread;
        private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
            Thread fresh = new Thread(task, "test-loop");
            fresh.setDaemon(true);
            thread = fresh;
            return fresh;
        });

        @Override
        public boolean isCurrent() {
            return Thread.currentThread().equals(thread);
        }

        @Override
        public void execute(Runnable task) {
            executor.execute(task);
        }
    }
}
