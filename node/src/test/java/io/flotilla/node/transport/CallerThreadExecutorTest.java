package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class CallerThreadExecutorTest {
    private final Executor executor = CallerThreadExecutor.newExecutor();
    private final List<String> ran = new ArrayList<>();

    @Test
    void whatIsAskedForWhileSomethingRunsRunsBehindIt() {
        executor.execute(() -> {
            executor.execute(() -> ran.add("behind"));
            ran.add("first");
        });
        assertThat(ran).containsExactly("first", "behind");
    }

    @Test
    void oneThatThrowsKeepsNobodyBehindItFromItsTurn() {
        assertThatThrownBy(() -> executor.execute(() -> {
                    executor.execute(() -> {
                        throw new IllegalStateException("second");
                    });
                    executor.execute(() -> ran.add("behind"));
                    throw new IllegalStateException("first");
                }))
                .hasMessage("first");
        assertThat(ran).containsExactly("behind");
        executor.execute(() -> ran.add("later"));
        assertThat(ran).containsExactly("behind", "later");
    }
}
