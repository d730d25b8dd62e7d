package io.flotilla.client.cli;

import io.flotilla.client.FlotillaClient;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flotilla kv put KEY VALUE}. */
@Command(name = "put", description = "Set KEY to VALUE.")
final class KvPutCommand extends ClientCommand {
    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Parameters(
            index = "1",
            paramLabel = "VALUE",
            description = "The value; - reads it from standard input, byte for byte.")
    private String value = "";

    @Override
    public Integer call() throws IOException {
        byte[] bytes = value.equals("-") ? System.in.readAllBytes() : KeyText.parse(value);
        long timestamp;
        try (FlotillaClient client = client()) {
            timestamp = client.put(KeyText.parse(key), bytes);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("key", key);
        fields.put("commit_timestamp", Long.toUnsignedString(timestamp));
        output().text("flotilla.kv.put.v1", fields, "OK");
        return ExitCode.OK;
    }
}
