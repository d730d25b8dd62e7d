package io.flotilla.client.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortsTest {
    @Test
    void freePortsAreDifferentAndBelowTheEphemeralRange() throws IOException {
        List<Ports.Pair> pairs = Ports.free(9, new Random(1));

        Set<Integer> all = new HashSet<>();
        for (Ports.Pair pair : pairs) {
            assertThat(pair.grpc()).isBetween(Ports.LOWEST, Ports.HIGHEST);
            assertThat(pair.transport()).isBetween(Ports.LOWEST, Ports.HIGHEST);
            all.add(pair.grpc());
            all.add(pair.transport());
        }
        assertThat(all).hasSize(18);
    }

    @Test
    void aPortThatIsListenedOnIsNotFree() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(Ports.isFree(taken.getLocalPort())).isFalse();
        }
    }

    @Test
    void anOffsetMovesTheWellKnownPorts() {
        assertThat(Ports.at(2, 10)).containsExactly(new Ports.Pair(7410, 7510), new Ports.Pair(7411, 7511));
    }
}
