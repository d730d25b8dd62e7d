package io.flotilla.client.cli;

import io.flotilla.client.FlotillaClient;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flotilla kv delete KEY}. */
@Command(name = "delete", description = "Remove KEY; that there is none is no error.")
final class KvDeleteCommand extends ClientCommand {
    @Parameters(paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Override
    public Integer call() {
        long timestamp;
        try (FlotillaClient client = client()) {
            timestamp = client.delete(KeyText.parse(key));
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("key", key);
        fields.put("commit_timestamp", Long.toUnsignedString(timestamp));
        output().text("flotilla.kv.delete.v1", fields, "OK");
        return ExitCode.OK;
    }
}
