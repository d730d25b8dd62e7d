package io.flotilla.node.debug;

import io.flotilla.node.log.LogInspector;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code flotilla debug log verify}: is everything there that was acknowledged? */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = "Reads the whole log, goes on behind damage, and says which ranges it hits.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0: whole; a torn end, as a crash leaves it, is no damage",
            "1: damaged: what was acknowledged may be missing",
            "2: wrong usage, or the store is running"
        })
final class LogVerifyCommand extends StoreLook {
    @Override
    int look(PrintStream out) throws IOException {
        if (!hasLog()) {
            return failWithoutLog();
        }
        LogInspector.Verdict verdict = LogInspector.verify(data);
        if (format == Format.json) {
            printJson(out, describe(verdict));
        } else {
            print(out, verdict);
        }
        return verdict.isSound() ? EXIT_OK : EXIT_DAMAGED;
    }

    private static void print(PrintStream out, LogInspector.Verdict verdict) {
        out.printf(
                "%d files, %d records, %d bytes, %d ranges%n",
                verdict.files(),
                verdict.records(),
                verdict.bytes(),
                verdict.ranges().size());
        verdict.torn().forEach(place -> out.println("torn end (harmless): " + place));
        verdict.lost().forEach(lost -> out.println("DAMAGED: " + lost));
        for (LogInspector.RangeSummary range : verdict.ranges()) {
            range.damage().forEach(damage -> out.println("DAMAGED: range " + range.range() + ": " + damage));
        }
        if (verdict.isSound()) {
            out.println("the log is whole");
        } else {
            out.println("the log is damaged: this store must not start with it; rebuild its replicas from their peers");
        }
    }

    private static Map<String, Object> describe(LogInspector.Verdict verdict) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("schema", "flotilla.debug.log-verify/1");
        fields.put("sound", verdict.isSound());
        fields.put("files", verdict.files());
        fields.put("records", verdict.records());
        fields.put("bytes", verdict.bytes());
        fields.put("lost", verdict.lost());
        fields.put("torn", verdict.torn());
        List<Map<String, Object>> ranges = new ArrayList<>();
        for (LogInspector.RangeSummary range : verdict.ranges()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("range", range.range());
            row.put("first_index", range.firstIndex());
            row.put("last_index", range.lastIndex());
            row.put("last_term", range.lastTerm());
            row.put("term", range.hardState().term());
            row.put("commit", range.hardState().commit());
            row.put("damage", range.damage());
            ranges.add(row);
        }
        fields.put("ranges", ranges);
        return fields;
    }
}
