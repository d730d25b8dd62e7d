package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeStatus;
import io.flotilla.client.FlotillaAdmin.ReplicaStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla range ls}. */
@Command(name = "ls", description = "List the ranges in key order.")
final class RangeLsCommand extends ClientCommand {
    @Option(names = "--system", description = "Also list the system's own ranges.")
    private boolean system;

    @Override
    boolean readOnly() {
        return true;
    }

    @Override
    public Integer call() {
        List<RangeStatus> ranges;
        try (FlotillaAdmin admin = admin()) {
            ranges = admin.ranges(system);
        }
        TextTable table = new TextTable("RANGE", "START", "END", "REPLICAS", "LEASEHOLDER", "GENERATION", "STATE");
        List<Map<String, Object>> rows = new ArrayList<>();
        for (RangeStatus range : ranges) {
            table.row(
                    range.range(),
                    range.system() ? "(system) " + range.start() : shown(range.startKey(), "(first)"),
                    range.system() ? range.end() : shown(range.endKey(), "(last)"),
                    ReplicaText.of(range.replicaStatus()),
                    range.leaseholder() == 0 ? "?" : String.valueOf(range.leaseholder()),
                    range.generation(),
                    range.state());
            rows.add(row(range));
        }
        output().result("flotilla.range.ls.v1", Map.of("ranges", rows), table);
        return ExitCode.OK;
    }

    private static Map<String, Object> row(RangeStatus range) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("range", range.range());
        // The system's own keys are no users' keys: they are shown as the server names them.
        row.put("start", range.system() ? range.start() : KeyText.show(range.startKey()));
        row.put("end", range.system() ? range.end() : KeyText.show(range.endKey()));
        row.put("replicas", range.replicas());
        row.put("replica_details", ReplicaText.rows(range.replicaStatus()));
        row.put(
                "asleep",
                range.replicaStatus().stream()
                        .filter(ReplicaStatus::asleep)
                        .map(ReplicaStatus::node)
                        .toList());
        row.put("leaseholder", range.leaseholder());
        row.put("generation", range.generation());
        row.put("state", range.state().name());
        row.put("system", range.system());
        row.put("applied_index", range.appliedIndex());
        return row;
    }

    private static String shown(byte[] key, String ifUnbounded) {
        return key.length == 0 ? ifUnbounded : KeyText.show(key);
    }
}
