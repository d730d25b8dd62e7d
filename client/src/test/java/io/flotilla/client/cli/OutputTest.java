package io.flotilla.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.cli.Output.Format;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class OutputTest {
    private final StringWriter written = new StringWriter();

    @Test
    void aTablePadsTextToTheLeftAndNumbersToTheRight() {
        String table =
                new TextTable("NAME", "N").row("a", 5).row("long name", 12345).render();

        assertThat(table).isEqualTo("""
                NAME           N
                a              5
                long name  12345""");
    }

    @Test
    void aTableRefusesARowThatDoesNotFit() {
        assertThatThrownBy(() -> new TextTable("A", "B").row(1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void jsonHasTheSchemaFirstAndKeepsTheOrderOfFields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("z", 1);
        fields.put("a", "x\"y");

        output(Format.JSON).result("flotilla.test.v1", fields, new TextTable("Z"));

        assertThat(written.toString())
                .isEqualToIgnoringNewLines("{\"schema\":\"flotilla.test.v1\",\"z\":1,\"a\":\"x\\\"y\"}");
    }

    @Test
    void notesAreForPeopleOnly() {
        output(Format.JSON).note("hello");
        assertThat(written.toString()).isEmpty();
        output(Format.TABLE).note("hello");
        assertThat(written.toString()).isEqualToIgnoringNewLines("hello");
    }

    private Output output(Format format) {
        return new Output(new PrintWriter(written), format);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "", "with blank", "0x", "0xzz", "0xff", "größe", "0x00"})
    void whatIsShownOfAKeyReadsBackToTheSameBytes(String typed) {
        byte[] bytes = KeyText.parse(typed);

        assertThat(KeyText.parse(KeyText.show(bytes))).isEqualTo(bytes);
    }

    @Test
    void bytesThatAreNoTextAreShownAsHexadecimal() {
        assertThat(KeyText.show(new byte[] {0, (byte) 0xFF})).isEqualTo("0x00ff");
        assertThat(KeyText.show("a\nb".getBytes(StandardCharsets.UTF_8))).isEqualTo("0x610a62");
        // Text that would be read as hexadecimal is shown so that it is read back as what it is.
        assertThat(KeyText.show("0xab".getBytes(StandardCharsets.UTF_8))).isEqualTo("0x30786162");
    }

    @Test
    void durationsAreReadWithTheirUnits() {
        DurationText reader = new DurationText();
        assertThat(reader.convert("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(reader.convert("5")).isEqualTo(Duration.ofSeconds(5));
        assertThat(reader.convert("5s")).isEqualTo(Duration.ofSeconds(5));
        assertThat(reader.convert("2m")).isEqualTo(Duration.ofMinutes(2));
        assertThatThrownBy(() -> reader.convert("-1s")).isInstanceOf(TypeConversionException.class);
    }

    @Test
    void aFailureIsFourLines() {
        CliFailure failure = new CliFailure(1, "what", "why", "state", "try").during("flotilla x");

        assertThat(failure.lines())
                .containsExactly("error:  flotilla x: what", "why:    why", "state:  state", "try:    try");
    }

    @Test
    void anUnexpectedExceptionIsOneReasonOnOneLine() {
        CliFailure failure = Errors.describe(new IllegalStateException("first\n  second"), "flotilla x", false);

        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.why()).endsWith("first; second");
    }
}
