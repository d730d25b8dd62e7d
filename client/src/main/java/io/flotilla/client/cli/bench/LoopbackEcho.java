package io.flotilla.client.cli.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** The cheapest round trip there is here: 100 bytes over loopback TCP to another thread and back. For use by one thread. */
final class LoopbackEcho implements AutoCloseable {
    static final int MESSAGE_BYTES = 100;

    private final ServerSocket listener;
    private final Thread echo;
    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final byte[] message = new byte[MESSAGE_BYTES];

    LoopbackEcho() throws IOException {
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        echo = new Thread(this::answer, "bench-echo");
        echo.setDaemon(true);
        echo.start();
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort()));
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    private void answer() {
        try (Socket peer = listener.accept()) {
            peer.setTcpNoDelay(true);
            InputStream from = peer.getInputStream();
            OutputStream to = peer.getOutputStream();
            byte[] buffer = new byte[MESSAGE_BYTES];
            while (from.readNBytes(buffer, 0, MESSAGE_BYTES) == MESSAGE_BYTES) {
                to.write(buffer);
            }
        } catch (IOException ended) {
            // The benchmark is over.
        }
    }

    /** One round trip, in microseconds. */
    double roundTripMicros() throws IOException {
        long start = System.nanoTime();
        out.write(message);
        in.readFully(message);
        return (System.nanoTime() - start) / 1_000.0;
    }

    @Override
    public void close() throws IOException {
        socket.close();
        listener.close();
    }
}
