package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.LeaseMargin;
import io.flotilla.client.FlotillaAdmin.NodeServing;
import io.flotilla.client.FlotillaAdmin.NodeStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code flotilla node ls}. */
@Command(name = "ls", description = "List the nodes, whether they live, and what they hold.")
final class NodeLsCommand extends ClientCommand {
    @Override
    boolean readOnly() {
        return true;
    }

    @Override
    public Integer call() {
        List<NodeStatus> nodes;
        try (FlotillaAdmin admin = admin()) {
            nodes = admin.nodes();
        }
        TextTable table =
                new TextTable("NODE", "LIVE", "STATE", "GRPC", "TRANSPORT", "REPLICAS", "ASLEEP", "LEASES", "ALARMS");
        List<Map<String, Object>> rows = new ArrayList<>();
        for (NodeStatus node : nodes) {
            table.row(
                    node.node(),
                    node.live() ? "yes" : "NO",
                    state(node),
                    node.grpcAddress(),
                    node.address(),
                    node.replicas(),
                    node.asleep(),
                    node.leaseholders(),
                    node.serving().map(serving -> serving.alarms().size()).orElse(0));
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("node", node.node());
            row.put("live", node.live());
            row.put("state", state(node));
            row.put("grpc_address", node.grpcAddress());
            row.put("address", node.address());
            row.put("replicas", node.replicas());
            row.put("asleep", node.asleep());
            row.put("leaseholders", node.leaseholders());
            node.serving().ifPresent(serving -> row.put("serving", fields(serving)));
            rows.add(row);
        }
        output().result("flotilla.node.ls.v1", Map.of("nodes", rows), table);
        return ExitCode.OK;
    }

    private static String state(NodeStatus node) {
        return node.state().name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> fields(NodeServing serving) {
        List<Map<String, Object>> margins = new ArrayList<>();
        for (LeaseMargin margin : serving.leaseMargins()) {
            Map<String, Object> bucket = new LinkedHashMap<>();
            bucket.put("below_ms", margin.belowMillis());
            bucket.put("answers", margin.answers());
            margins.add(bucket);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("lease_margins", margins);
        fields.put("answers_too_late", serving.answersTooLate());
        fields.put("writes_refused", serving.writesRefused());
        fields.put("unapplied_bytes", serving.unappliedBytes());
        fields.put("alarms", serving.alarms());
        fields.put("replicas_woken", serving.replicasWoken());
        return fields;
    }
}
