package io.flotilla.client;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * TCP, unencrypted. A connection's state, its socket and its callbacks share one event loop, so that nothing is handed between threads
 * on the way.
 */
final class NettyTransport implements Transport {
    /** An answer is one stream message with many responses; several scans' worth. */
    private static final int INBOUND_BYTES_MAX = 64 * 1024 * 1024;

    private static final int WINDOW_BYTES = 4 * 1024 * 1024;

    private final EventLoopGroup[] groups;
    private final AtomicInteger next = new AtomicInteger();
    private final boolean epoll = Epoll.isAvailable();

    NettyTransport(int threads) {
        groups = new EventLoopGroup[threads];
        for (int i = 0; i < threads; i++) {
            String name = "flotilla-client-" + i;
            ThreadFactory threadFactory = task -> daemon(task, name);
            groups[i] = new MultiThreadIoEventLoopGroup(
                    1, threadFactory, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        }
    }

    @Override
    public Loop nextLoop() {
        EventLoopGroup group = groups[Math.floorMod(next.getAndIncrement(), groups.length)];
        return new NettyLoop(group, group.next());
    }

    @Override
    public ManagedChannel open(String endpoint, Loop loop) {
        Class<? extends Channel> socket = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
        return NettyChannelBuilder.forTarget(endpoint)
                .eventLoopGroup(((NettyLoop) loop).group())
                .channelType(socket)
                .directExecutor()
                .usePlaintext()
                .disableRetry()
                .flowControlWindow(WINDOW_BYTES)
                .maxInboundMessageSize(INBOUND_BYTES_MAX)
                .build();
    }

    @Override
    public void close() {
        for (EventLoopGroup group : groups) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private record NettyLoop(EventLoopGroup group, EventLoop loop) implements Loop {
        @Override
        public boolean isCurrent() {
            return loop.inEventLoop();
        }

        @Override
        public void execute(Runnable task) {
            loop.execute(task);
        }
    }
}
