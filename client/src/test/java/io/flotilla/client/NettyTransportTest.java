package io.flotilla.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.load.KvLoad;
import io.flotilla.client.load.KvOptions;
import io.flotilla.client.load.LoadOptions;
import io.flotilla.client.load.LoadSummary;
import io.flotilla.config.settings.Limits;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same client over real sockets. */
@Timeout(120)
class NettyTransportTest {
    private final FakeStore store = new FakeStore();
    private final FakeGateway one = FakeGateway.overTcp(store);
    private final FakeGateway two = FakeGateway.overTcp(store);
    private final FlotillaClient client = FlotillaClient.builder()
            .endpoints(one.endpoint() + ", " + two.endpoint())
            .clientName("test")
            .build();

    @AfterEach
    void close() {
        client.close();
        one.close();
        two.close();
    }

    @Test
    void manyThreadsShareOneStreamPerEndpoint() {
        KvLoad load = new KvLoad(
                client,
                KvOptions.DEFAULT.keys(100),
                LoadOptions.DEFAULT.clients(32).duration(Duration.ZERO).opsMax(20_000));
        load.init();
        LoadSummary summary = load.run(sample -> {});
        assertThat(summary.ops()).isEqualTo(20_000);
        int messages = one.batches.size() + two.batches.size();
        assertThat(messages).isLessThan(15_000);
    }

    @Test
    void aRestartedEndpointIsFoundAgainQuickly() {
        client.put("k", "1");
        one.kill();
        two.kill();
        long begun = System.nanoTime();
        two.restart();
        client.put("k", "2");
        assertThat(System.nanoTime() - begun).isLessThan(2_000_000_000L);
        assertThat(store.text("k")).contains("2");
    }

    /** The server ends the stream of who sends it, and all that others have asked there was lost; then it was tried at the next. */
    @Test
    void whatIsTooLargeForAnyServerIsRefusedAndBreaksNoStream() {
        client.put("k", "1");
        assertThatThrownBy(() -> client.put("k", new byte[Limits.FRAME_BYTES_MAX]))
                .isInstanceOfSatisfying(
                        LimitExceededException.class,
                        refused -> assertThat(refused.maybeExecuted()).isFalse());
        client.put("k", new byte[4 * 1024 * 1024]);
        assertThat(one.sessions.get()).isLessThanOrEqualTo(1);
        assertThat(two.sessions.get()).isLessThanOrEqualTo(1);
    }

    @Test
    void refusedConnectionsAreNamed() {
        one.kill();
        two.kill();
        try (FlotillaClient other = FlotillaClient.builder()
                .endpoints(one.endpoint())
                .defaultDeadline(Duration.ofMillis(2_500))
                .build()) {
            assertThatThrownBy(() -> other.get("k"))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining(one.endpoint())
                    .hasMessageContaining("refused");
        }
    }
}
