package io.flotilla.node.grpc;

import io.flotilla.config.settings.Limits;
import io.flotilla.v1.AdminGrpc;
import io.flotilla.v1.KvGrpc;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The listening socket of the public interface: data, operators', health and reflection services on one port.
 *
 * <p>Handlers run on the event loops themselves, so nothing behind them may block.
 */
public final class GrpcServer implements AutoCloseable {
    private static final int EVENT_LOOPS = 2;
    private static final long KEEP_ALIVE_SECONDS = 20;
    private static final long KEEP_ALIVE_PERMITTED_SECONDS = 5;
    private static final long CLOSE_SECONDS = 2;

    private final Server server;
    private final HealthStatusManager health;
    private final EventLoopGroup acceptor;
    private final EventLoopGroup workers;

    private GrpcServer(Server server, HealthStatusManager health, EventLoopGroup acceptor, EventLoopGroup workers) {
        this.server = server;
        this.health = health;
        this.acceptor = acceptor;
        this.workers = workers;
    }

    /**
     * Binds and serves at once; health says NOT_SERVING until {@link #setServing}.
     *
     * @param port 0 for any free one, see {@link #port}
     * @throws IOException if the address cannot be bound
     */
    public static GrpcServer start(String host, int port, BindableService kv, BindableService admin)
            throws IOException {
        boolean epoll = Epoll.isAvailable();
        EventLoopGroup acceptor = loops(epoll, 1, "grpc-accept");
        EventLoopGroup workers = loops(epoll, EVENT_LOOPS, "grpc");
        Class<? extends ServerChannel> channel = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        HealthStatusManager health = new HealthStatusManager();
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
                .bossEventLoopGroup(acceptor)
                .workerEventLoopGroup(workers)
                .channelType(channel)
                .directExecutor()
                .maxInboundMessageSize(Limits.FRAME_BYTES_MAX)
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveTime(KEEP_ALIVE_PERMITTED_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(kv)
                .addService(admin)
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .build();
        GrpcServer started = new GrpcServer(server, health, acceptor, workers);
        started.setServing(false);
        try {
            server.start();
            return started;
        } catch (IOException e) {
            started.close();
            throw e;
        }
    }

    /** Makes {@link #start} quicker if done before; whether it is or not makes no other difference. */
    public static void preload() {
        Epoll.isAvailable();
        KvGrpc.getServiceDescriptor();
        AdminGrpc.getServiceDescriptor();
        ProtoReflectionServiceV1.newInstance();
    }

    /** What the health service tells of the data service; the operators' service and the server as a whole always serve. */
    public void setServing(boolean serving) {
        health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.SERVING);
        health.setStatus(AdminGrpc.SERVICE_NAME, ServingStatus.SERVING);
        health.setStatus(KvGrpc.SERVICE_NAME, serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }

    public int port() {
        return server.getPort();
    }

    /** Stops taking calls, gives those under way a moment, then ends them. */
    @Override
    public void close() {
        health.enterTerminalState();
        server.shutdown();
        try {
            if (!server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                server.shutdownNow();
                server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        for (EventLoopGroup group : List.of(acceptor, workers)) {
            group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static EventLoopGroup loops(boolean epoll, int threads, String name) {
        DefaultThreadFactory factory = new DefaultThreadFactory(name, true);
        return new MultiThreadIoEventLoopGroup(
                threads, factory, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }
}
