package io.flotilla.client.cli;

import io.flotilla.client.FlotillaClient;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla kv cas KEY --expect V|--absent --value V|--delete}. */
@Command(
        name = "cas",
        description = "Change KEY if it holds what is expected. Exits with 1 if it holds something else.")
final class KvCasCommand extends ClientCommand {
    @Parameters(paramLabel = "KEY", description = "The key.")
    private String key = "";

    @ArgGroup(multiplicity = "1")
    private Expected expected = new Expected();

    @ArgGroup(multiplicity = "1")
    private Change change = new Change();

    /** What the key has to hold. */
    static final class Expected {
        @Option(names = "--expect", paramLabel = "VALUE", description = "Only if this is the value.")
        private @Nullable String value;

        @Option(names = "--absent", description = "Only if there is no such key.")
        private boolean absent;
    }

    /** What to do then. */
    static final class Change {
        @Option(names = "--value", paramLabel = "VALUE", description = "Set this value.")
        private @Nullable String value;

        @Option(names = "--delete", description = "Remove the key.")
        private boolean delete;
    }

    @Override
    public Integer call() {
        boolean done;
        try (FlotillaClient client = client()) {
            done = client.compareAndSet(
                    KeyText.parse(key),
                    expected.absent ? Optional.empty() : bytes(expected.value),
                    change.delete ? Optional.empty() : bytes(change.value));
        }
        if (!done) {
            throw new CliFailure(
                    ExitCode.FAILED,
                    "the condition does not hold",
                    key + (expected.absent ? " exists" : " does not hold the expected value"),
                    "nothing was changed",
                    "flotilla kv get " + key);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("key", key);
        fields.put("changed", true);
        output().text("flotilla.kv.cas.v1", fields, "OK");
        return ExitCode.OK;
    }

    private static Optional<byte[]> bytes(@Nullable String typed) {
        return Optional.of(KeyText.parse(typed == null ? "" : typed));
    }
}
