package io.flotilla.client.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ProcessIoTest {
    @Test
    void itIsWhatWentToTheDiskThatCounts() throws IOException {
        String io = """
                rchar: 323934931
                wchar: 323929600
                syscr: 632687
                syscw: 632675
                read_bytes: 11
                write_bytes: 323932160
                cancelled_write_bytes: 5
                """;
        assertThat(ProcessIo.parse(io)).isEqualTo(323_932_160L);
    }

    @Test
    void whatSaysNothingIsAnError() {
        assertThatThrownBy(() -> ProcessIo.parse("rchar: 1\n")).isInstanceOf(IOException.class);
    }
}
