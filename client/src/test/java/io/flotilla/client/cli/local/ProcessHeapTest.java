package io.flotilla.client.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessHeapTest {
    @Test
    void theTotalIsTheLastLineOfTheHistogram() {
        String histogram = """
                100:
                 num     #instances         #bytes  class name (module)
                -------------------------------------------------------
                   1:         37024        3126112  [B (java.base@17.0.15)
                   2:          1234          56784  Total (some.Class)
                Total        187654       12345678
                """;

        assertThat(ProcessHeap.parse(histogram)).isEqualTo(12_345_678.0);
    }

    @Test
    void whatSaysNothingIsNoNumber() {
        assertThat(ProcessHeap.parse("Unable to open socket file")).isNaN();
    }

    @Test
    void theHeapOfThisProcessCanBeCounted() throws InterruptedException {
        assertThat(ProcessHeap.liveBytes(ProcessHandle.current().pid())).isGreaterThan(100_000);
    }
}
