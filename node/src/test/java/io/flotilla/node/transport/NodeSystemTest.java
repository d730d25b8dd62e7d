package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.id.NodeId;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeSystemTest {
    @Test
    void aPortThatIsTakenIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            NodeAddress address = new NodeAddress("127.0.0.1", taken.getLocalPort());
            assertThatThrownBy(() -> NodeSystem.start(new NodeId(1), address, address, List.of()))
                    .hasMessage("cannot listen at 127.0.0.1:" + taken.getLocalPort())
                    .hasCauseInstanceOf(BindException.class);
        }
    }

    @Test
    void aHostThatNobodyKnowsIsNamed() {
        NodeAddress address = new NodeAddress("no-such-host.invalid", 7000);
        assertThatThrownBy(() -> NodeSystem.start(new NodeId(1), address, address, List.of()))
                .hasMessage("cannot listen at no-such-host.invalid:7000");
    }
}
