package io.flotilla.client.cli;

import io.flotilla.client.DeadlineExceededException;
import io.flotilla.client.ErrorCode;
import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.InvalidRequestException;
import io.flotilla.client.RecoveryReport;
import io.flotilla.client.RecoveryReport.RangeLoss;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla range recover}. */
@Command(
        name = "recover",
        description = {
            "Nodes are lost for good, and with them the quorum of ranges: let these go on from what the other nodes have.",
            "Writes that were acknowledged and had not reached any of the others are lost. The lost nodes' ids are not used again,"
                    + " and they must not come back.",
            "With --dry-run: only say what would be done, and what may be lost."
        })
final class RangeRecoverCommand extends ClientCommand {
    private static final Duration RECOVERING = Duration.ofMinutes(2);

    @Option(
            names = "--lost-nodes",
            required = true,
            split = ",",
            paramLabel = "NODE",
            description = "All nodes that will not come back.")
    private List<Integer> lostNodes = List.of();

    @Option(names = "--dry-run", description = "Change nothing.")
    private boolean dryRun;

    @Override
    public Integer call() {
        RecoveryReport report;
        TreeSet<Integer> lost = new TreeSet<>(lostNodes);
        try (FlotillaAdmin admin = connection().patientAdmin(RECOVERING)) {
            report = admin.recover(lost, dryRun);
        } catch (DeadlineExceededException late) {
            throw new CliFailure(
                    ExitCode.FAILED,
                    "the recovery is not through",
                    String.valueOf(late.getMessage()),
                    "what was begun stands; ranges that have their quorum are served",
                    "the same command again goes on from there");
        } catch (InvalidRequestException refused) {
            boolean absent = refused.code() == ErrorCode.NOT_FOUND;
            throw new CliFailure(
                    absent ? ExitCode.NOT_FOUND : ExitCode.FAILED,
                    "nothing can be recovered like that",
                    String.valueOf(refused.getMessage()),
                    "nothing was changed",
                    "flotilla node ls; a node that was stopped a moment ago is seen as lost after some seconds");
        }
        print(lost, report);
        return report.unrecoverable().isEmpty() && report.problems().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }

    private void print(TreeSet<Integer> lost, RecoveryReport report) {
        TextTable table = new TextTable(
                "RANGE", "START", "END", "FROM NODE", "ON NODES", "KEPT UP TO", "NEWEST KEPT WRITE", "KNOWN LOST");
        List<Map<String, Object>> rows = new ArrayList<>();
        for (RangeLoss range : report.ranges()) {
            table.row(
                    range.range(),
                    range.system() ? "(system)" : shown(range.startKey(), "(first)"),
                    range.system() ? "(system)" : shown(range.endKey(), "(last)"),
                    range.source(),
                    String.join(",", range.nodes().stream().map(String::valueOf).toList()),
                    range.lastIndex(),
                    range.newestWrite().map(Instant::toString).orElse("-"),
                    range.knownLost());
            rows.add(row(range));
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("dry_run", dryRun);
        fields.put("lost_nodes", List.copyOf(lost));
        fields.put("ranges", rows);
        fields.put("untouched", report.untouched());
        fields.put(
                "unrecoverable",
                report.unrecoverable().stream()
                        .map(stretch -> Map.of("start", stretch.start(), "end", stretch.end()))
                        .toList());
        fields.put("problems", report.problems());
        Output output = output();
        output.result("flotilla.range.recover.v1", fields, table);
        output.note(report.ranges().size() + " ranges without a quorum " + (dryRun ? "would go on" : "go on")
                + " as listed; " + report.untouched() + " have their quorum and are not touched");
        if (!report.ranges().isEmpty()) {
            output.note("lost is what was acknowledged after the newest kept write and never reached the node named");
        }
        report.unrecoverable()
                .forEach(stretch -> output.note("NOT RECOVERABLE: [" + stretch.start() + ", " + stretch.end()
                        + "): no replica with data is left"));
        report.problems().forEach(problem -> output.note("PROBLEM: " + problem));
    }

    private static Map<String, Object> row(RangeLoss range) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("range", range.range());
        row.put("start", KeyText.show(range.startKey()));
        row.put("end", KeyText.show(range.endKey()));
        row.put("system", range.system());
        row.put("source_node", range.source());
        row.put("nodes", range.nodes());
        row.put("last_index", range.lastIndex());
        range.newestWrite().ifPresent(at -> row.put("newest_kept_write", at.toString()));
        row.put("entries_known_lost", range.knownLost());
        return row;
    }

    private static String shown(byte[] key, String ifUnbounded) {
        return key.length == 0 ? ifUnbounded : KeyText.show(key);
    }
}
