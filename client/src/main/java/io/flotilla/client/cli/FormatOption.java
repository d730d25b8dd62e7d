package io.flotilla.client.cli;

import io.flotilla.client.cli.Output.Format;
import picocli.CommandLine.Option;

/** The option {@code -o}, of every command that prints a result. */
public final class FormatOption {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "table, or json (one document with a schema field). Default: ${DEFAULT-VALUE}.",
            defaultValue = "table")
    private Format format = Format.TABLE;

    public Format format() {
        return format;
    }
}
