package io.flotilla.client.cli;

import io.flotilla.client.FlotillaClient;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flotilla kv get KEY}. */
@Command(name = "get", description = "Print the value of KEY. Exits with 3 if there is none.")
final class KvGetCommand extends ClientCommand {
    @Parameters(paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Override
    boolean readOnly() {
        return true;
    }

    @Override
    public Integer call() {
        Optional<byte[]> value;
        try (FlotillaClient client = client()) {
            value = client.get(KeyText.parse(key));
        }
        if (value.isEmpty()) {
            throw new CliFailure(
                    ExitCode.NOT_FOUND,
                    "no value",
                    "there is no key " + key,
                    "nothing was changed",
                    "flotilla kv scan " + key + " shows what follows it");
        }
        String shown = KeyText.show(value.get());
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("key", key);
        fields.put("value", shown);
        output().text("flotilla.kv.get.v1", fields, shown);
        return ExitCode.OK;
    }
}
