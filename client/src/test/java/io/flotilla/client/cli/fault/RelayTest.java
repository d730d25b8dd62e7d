package io.flotilla.client.cli.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.cli.local.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bytes over real sockets, with the two ends and the relay all in this process. */
class RelayTest {
    private static final int SHORT_MILLIS = 100;
    private static final int LONG_MILLIS = 10_000;

    private final Gate gate = new Gate();
    private ServerSocket target;
    private Relay relay;
    private Socket caller;
    private Socket called;

    @BeforeEach
    void connect() throws IOException {
        target = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        int port = Ports.free(1, new Random()).get(0).grpc();
        relay = new Relay(port, target.getLocalPort(), (remote, own) -> gate);
        caller = new Socket(InetAddress.getLoopbackAddress(), port);
        called = target.accept();
        called.setSoTimeout(LONG_MILLIS);
        caller.setSoTimeout(LONG_MILLIS);
    }

    @AfterEach
    void close() throws IOException {
        gate.abolish();
        relay.close();
        caller.close();
        called.close();
        target.close();
    }

    @Test
    void bytesPassBothWays() throws IOException {
        caller.getOutputStream().write(7);
        assertThat(called.getInputStream().read()).isEqualTo(7);
        called.getOutputStream().write(8);
        assertThat(caller.getInputStream().read()).isEqualTo(8);
    }

    @Test
    void aClosedGateHoldsOneWayBackAndLosesNothing() throws IOException {
        gate.close();
        caller.getOutputStream().write(1);
        caller.getOutputStream().write(2);
        called.setSoTimeout(SHORT_MILLIS);
        assertThatThrownBy(() -> called.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        called.getOutputStream().write(9);
        assertThat(caller.getInputStream().read()).isEqualTo(9);

        gate.open();
        called.setSoTimeout(LONG_MILLIS);
        assertThat(called.getInputStream().read()).isEqualTo(1);
        assertThat(called.getInputStream().read()).isEqualTo(2);
    }

    @Test
    void whenOneEndGoesSoDoesTheOther() throws IOException {
        called.close();
        assertThat(readOrBroken()).isEqualTo(-1);
    }

    private int readOrBroken() throws IOException {
        try {
            return caller.getInputStream().read();
        } catch (SocketException reset) {
            return -1;
        }
    }

    @Test
    void theProcessBehindAConnectionIsFound() {
        long self = ProcessHandle.current().pid();

        assertThat(SocketOwners.find(caller.getLocalPort(), caller.getPort(), List.of(1L << 30, self)))
                .contains(self);
        assertThat(SocketOwners.find(caller.getLocalPort(), caller.getPort(), List.of()))
                .isEmpty();
    }

    @Test
    void aLineOfTheKernelsTableIsRead() {
        List<String> table = List.of(
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
                "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1",
                "   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 222 1");

        assertThat(SocketOwners.inode(table, 50_000, 8_080)).contains("222");
        assertThat(SocketOwners.inode(table, 50_001, 8_080)).isEmpty();
    }
}
