package io.flotilla.client.cli.fault;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A loopback port that stands for another one. What comes in on a connection waits at the gate of whoever made it; what goes back passes freely, since
 * servers talk one way on a connection. Bytes held back are not lost: as with a broken network, the sender's kernel keeps them.
 *
 * <p>Threading: two threads per connection; {@link #close} from any.
 */
final class Relay implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int CONNECT_MILLIS_MAX = 1_000;

    /** Who is behind a connection? */
    @FunctionalInterface
    interface Callers {
        /** @param remotePort the caller's end, on loopback; @param ownPort the end of the relay */
        Gate gateOf(int remotePort, int ownPort);
    }

    private final ServerSocket listener;
    private final int targetPort;
    private final Callers callers;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Relay(int port, int targetPort, Callers callers) throws IOException {
        this.targetPort = targetPort;
        this.callers = callers;
        this.listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        start("relay-" + port, this::accept);
    }

    private void accept() {
        while (!closed) {
            try {
                Socket caller = listener.accept();
                start("relay-connect", () -> connect(caller));
            } catch (IOException gone) {
                // Closed, or a caller that thought better of it.
                continue;
            }
        }
    }

    private void connect(Socket caller) {
        Socket target = new Socket();
        sockets.add(caller);
        sockets.add(target);
        try {
            Gate gate = callers.gateOf(caller.getPort(), listener.getLocalPort());
            target.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort), CONNECT_MILLIS_MAX);
            caller.setTcpNoDelay(true);
            target.setTcpNoDelay(true);
            start("relay-back", () -> pump(target, caller, new Gate()));
            pump(caller, target, gate);
        } catch (IOException nobodyThere) {
            end(caller, target);
        }
    }

    private void pump(Socket from, Socket to, Gate gate) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                gate.pass();
                out.write(buffer, 0, n);
            }
        } catch (IOException broken) {
            // One end is gone; so the other has to go too.
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        } finally {
            end(from, to);
        }
    }

    private void end(Socket one, Socket other) {
        for (Socket socket : new Socket[] {one, other}) {
            sockets.remove(socket);
            closeQuietly(socket);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException gone) {
            return;
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        listener.close();
        sockets.forEach(Relay::closeQuietly);
    }
}
