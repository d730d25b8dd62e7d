package io.flotilla.client.cli;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.KeyValue;
import io.flotilla.config.key.Key;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code flotilla kv scan [START [END]]}. */
@Command(name = "scan", description = "List keys and values from START to before END, in key order.")
final class KvScanCommand extends ClientCommand {
    @Parameters(index = "0", arity = "0..1", paramLabel = "START", description = "First key. Default: the very first.")
    private String start = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "END",
            description = "First key not listed. Default: to the end.")
    private String end = "";

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            description = "List the keys that begin with this, instead of START and END.")
    private @Nullable String prefix;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Rows at most; 0 for all. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1000")
    private int limit;

    @Override
    boolean readOnly() {
        return true;
    }

    @Override
    public Integer call() {
        byte[] from = KeyText.parse(start);
        byte[] to = KeyText.parse(end);
        if (prefix != null) {
            if (!start.isEmpty()) {
                throw new ParameterException(spec().commandLine(), "--prefix and START exclude each other");
            }
            Key first = KeyText.key(prefix);
            from = first.bytes();
            to = first.prefixEnd().equals(Key.MAX)
                    ? new byte[0]
                    : first.prefixEnd().bytes();
        }
        if (limit < 0 || limit == Integer.MAX_VALUE) {
            throw new ParameterException(
                    spec().commandLine(), "--limit is not within 0.." + (Integer.MAX_VALUE - 1) + ": " + limit);
        }
        List<KeyValue> rows;
        try (FlotillaClient client = client()) {
            // One row more than asked for tells whether there are more.
            rows = client.scan(from, to, limit == 0 ? 0 : Math.addExact(limit, 1));
        }
        boolean more = limit > 0 && rows.size() > limit;
        print(
                more ? rows.subList(0, limit) : rows,
                more ? KeyText.show(rows.get(limit).key()) : null);
        return ExitCode.OK;
    }

    private void print(List<KeyValue> rows, @Nullable String resume) {
        TextTable table = new TextTable("KEY", "VALUE");
        List<Map<String, Object>> shown = new ArrayList<>();
        for (KeyValue row : rows) {
            String key = KeyText.show(row.key());
            String value = KeyText.show(row.value());
            table.row(key, value);
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("key", key);
            fields.put("value", value);
            shown.add(fields);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("rows", shown);
        if (resume != null) {
            fields.put("resume", resume);
        }
        output().result("flotilla.kv.scan.v1", fields, table);
        if (resume != null) {
            output().note("... more from " + resume + " on; --limit 0 lists all");
        }
    }
}
