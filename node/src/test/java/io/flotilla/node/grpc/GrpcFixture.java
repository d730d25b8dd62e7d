package io.flotilla.node.grpc;

import io.flotilla.config.key.Key;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.time.WallClock;
import io.flotilla.config.txn.TxnId;
import io.flotilla.txn.coordinator.TxnCoordinator;
import io.flotilla.v1.AdminGrpc;
import io.flotilla.v1.KvGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;

/** A real server on a free port before rooms that answer by script, and a client of it. */
final class GrpcFixture implements AutoCloseable {
    static final long MAX_OFFSET_MICROS = 250_000;

    final List<KvBatch> batches = new CopyOnWriteArrayList<>();
    final List<TxnCoordinator.CommitRequest> commits = new CopyOnWriteArrayList<>();
    final List<TxnId> outcomes = new CopyOnWriteArrayList<>();
    final HybridClock clock = new HybridClock(WallClock.system(), MAX_OFFSET_MICROS);
    volatile boolean initialized = true;
    volatile Function<KvBatch, KvReply> reads =
            batch -> new KvReply.Done(List.of(new KvResult.Got(null, Timestamp.ZERO)), new Timestamp(77), List.of());
    volatile Function<TxnCoordinator.CommitRequest, TxnCoordinator.CommitReply> commit =
            request -> new TxnCoordinator.Committed(new Timestamp(88), 99);
    volatile TxnCoordinator.OutcomeReply outcome =
            new TxnCoordinator.OutcomeFailed(new KvError.Invalid("not scripted"));

    /** Takes callbacks instead of answering while set. */
    volatile boolean holding;

    final List<Runnable> held = new CopyOnWriteArrayList<>();
    final ScriptedAdmin admin = new ScriptedAdmin();
    final GrpcServer server;
    final ManagedChannel channel;

    GrpcFixture() throws IOException {
        KvGateway gateway = new KvGateway(this::send, new Coordinator(), clock, () -> initialized, Runnable::run);
        server = GrpcServer.start("127.0.0.1", 0, gateway, new AdminService(admin, admin::split));
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
    }

    KvGrpc.KvBlockingStub kv() {
        return KvGrpc.newBlockingStub(channel);
    }

    KvGrpc.KvStub session() {
        return KvGrpc.newStub(channel);
    }

    AdminGrpc.AdminBlockingStub operator() {
        return AdminGrpc.newBlockingStub(channel);
    }

    private void send(KvBatch batch, Consumer<KvReply> callback) {
        batches.add(batch);
        KvReply reply = reads.apply(batch);
        if (holding) {
            held.add(() -> callback.accept(reply));
        } else {
            callback.accept(reply);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
    }

    private final class Coordinator implements TxnCoordinator {
        @Override
        public void commit(CommitRequest request, Consumer<CommitReply> callback) {
            commits.add(request);
            callback.accept(commit.apply(request));
        }

        @Override
        public void outcome(TxnId id, Key anchor, boolean fence, long timeoutMicros, Consumer<OutcomeReply> callback) {
            outcomes.add(id);
            callback.accept(outcome);
        }
    }
}
