package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin.RangeRef;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The range's number, or a key in it. */
final class RangeOption {
    @Parameters(paramLabel = "RANGE", description = "The range's number, as 'range ls' shows it.")
    private @Nullable Long range;

    @Option(names = "--key", paramLabel = "KEY", description = "The range that holds this key.")
    private @Nullable String key;

    RangeRef ref() {
        return range != null ? RangeRef.of(range) : RangeRef.holding(KeyText.parse(key == null ? "" : key));
    }
}
