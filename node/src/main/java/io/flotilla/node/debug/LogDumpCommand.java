package io.flotilla.node.debug;

import io.flotilla.node.log.LogInspector;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla debug log dump}: every record in the order of writing, one line for each thing a range wrote. */
@Command(
        name = "dump",
        mixinStandardHelpOptions = true,
        description = "Prints every record of the log in the order of writing; keys and values are not shown.")
final class LogDumpCommand extends StoreLook {
    @Option(names = "--range", paramLabel = "N", description = "only that range")
    @Nullable
    Long range;

    @Option(names = "--limit", paramLabel = "N", description = "at most so many lines (default ${DEFAULT-VALUE})")
    long limit = 100_000;

    private long lines;

    @Override
    int look(PrintStream out) throws IOException {
        if (!hasLog()) {
            return failWithoutLog();
        }
        LogInspector.read(data, new LogInspector.Listener() {
            @Override
            public void record(Path file, long position, long sequence, int bytes, List<LogInspector.Part> parts) {
                for (LogInspector.Part part : parts) {
                    if (range == null || range == part.range()) {
                        line(out, file, position, sequence, part);
                    }
                }
            }

            @Override
            public void broken(Path file, long position) {
                if (format == Format.text) {
                    out.println(file.getFileName() + ":" + position + " not a whole record");
                }
            }
        });
        if (lines > limit) {
            System.err.println((lines - limit) + " more lines; --limit shows them");
        }
        return EXIT_OK;
    }

    private void line(PrintStream out, Path file, long position, long sequence, LogInspector.Part part) {
        if (++lines > limit) {
            return;
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        if (format == Format.json) {
            fields.put("schema", "flotilla.debug.log-dump/1");
        }
        fields.put("file", String.valueOf(file.getFileName()));
        fields.put("position", position);
        fields.put("record", sequence);
        fields.put("range", part.range());
        fields.putAll(describe(part));
        if (format == Format.json) {
            out.println(JsonLine.of(fields));
        } else {
            StringBuilder text = new StringBuilder();
            fields.forEach((name, value) -> text.append(text.length() == 0 ? "" : " ")
                    .append(name)
                    .append('=')
                    .append(value));
            out.println(text);
        }
    }

    private static Map<String, Object> describe(LogInspector.Part part) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (part instanceof LogInspector.Part.Persisted persisted) {
            describe(persisted.persist(), fields);
        } else if (part instanceof LogInspector.Part.Compacted compacted) {
            fields.put("compacted_to", compacted.index());
            fields.put("compacted_term", compacted.term());
        } else if (part instanceof LogInspector.Part.Moved moved) {
            fields.put("moved", true);
            fields.put("compacted_to", moved.baseIndex());
            fields.put("compacted_term", moved.baseTerm());
            describe(moved.persist(), fields);
        } else if (part instanceof LogInspector.Part.Started started) {
            fields.put("needed_from", started.neededFrom());
        } else {
            fields.put("removed", true);
        }
        return fields;
    }

    private static void describe(Persist persist, Map<String, Object> fields) {
        if (persist.reset() != null) {
            fields.put("reset_to", persist.reset().index());
            fields.put("reset_term", persist.reset().term());
        }
        if (persist.hardState() != null) {
            fields.put("term", persist.hardState().term());
            fields.put("vote", persist.hardState().vote());
            fields.put("commit", persist.hardState().commit());
        }
        List<LogEntry> entries = persist.entries();
        if (!entries.isEmpty()) {
            LogEntry last = entries.get(entries.size() - 1);
            long bytes = 0;
            for (LogEntry entry : entries) {
                bytes += entry.payload().length;
            }
            fields.put("first", entries.get(0).index());
            fields.put("last", last.index());
            fields.put("last_term", last.term());
            fields.put("last_kind", last.kind());
            fields.put("payload_bytes", bytes);
        }
    }
}
