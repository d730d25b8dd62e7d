package io.flotilla.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.cli.TxnOperation.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TxnOperationTest {
    @Test
    void operandsAreSeparatedByBlanksAndMayBeQuoted() {
        assertThat(TxnOperation.parse("put  alice\t10")).isEqualTo(new TxnOperation(Kind.PUT, List.of("alice", "10")));
        assertThat(TxnOperation.parse("put \"a b\" \"say \\\"hi\\\"\""))
                .isEqualTo(new TxnOperation(Kind.PUT, List.of("a b", "say \"hi\"")));
        assertThat(TxnOperation.parse("put k \"\"")).isEqualTo(new TxnOperation(Kind.PUT, List.of("k", "")));
    }

    @Test
    void aScanHasALimitIfItIsGiven() {
        assertThat(TxnOperation.parse("scan a b").limit()).isZero();
        assertThat(TxnOperation.parse("scan a b 7").limit()).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "get", "get a b", "put a", "jump a", "put \"a b", "scan a b many", "GET a"})
    void whatIsNoOperationIsRefusedInWords(String line) {
        assertThatThrownBy(() -> TxnOperation.parse(line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching(".*(operation|form|closed|limit).*");
    }
}
