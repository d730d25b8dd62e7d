package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.ClusterStatus;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code flotilla status}: the cluster as the first node that answers sees it. */
@Command(
        name = "status",
        description = "Show the cluster. Exits with 0 if it serves, 4 if it has no quorum, 1 if it is not initialized.")
final class StatusCommand extends ClientCommand {
    @Override
    boolean readOnly() {
        return true;
    }

    @Override
    public Integer call() {
        ClusterStatus status;
        try (FlotillaAdmin admin = admin()) {
            status = admin.status();
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("cluster_id", status.clusterId());
        fields.put("initialized", status.initialized());
        fields.put("serving", status.serving());
        fields.put("node", status.node());
        fields.put("nodes_live", status.nodesLive());
        fields.put("nodes_total", status.nodesTotal());
        fields.put("ranges", status.ranges());
        fields.put("ranges_unavailable", status.rangesUnavailable());
        fields.put("version", status.version());
        fields.put("uptime_ms", status.uptime().toMillis());
        TextTable table = new TextTable(
                        "CLUSTER", "SERVING", "NODES", "RANGES", "UNAVAILABLE", "ASKED", "VERSION", "UP")
                .row(
                        status.initialized() ? status.clusterId() : "not initialized",
                        status.serving() ? "yes" : "no",
                        status.nodesLive() + "/" + status.nodesTotal(),
                        status.ranges(),
                        status.rangesUnavailable(),
                        "node " + status.node(),
                        status.version(),
                        status.uptime().toSeconds() + "s");
        output().result("flotilla.status.v1", fields, table);
        if (!status.initialized()) {
            output().note("not initialized: start all nodes, then run 'flotilla init' once");
            return ExitCode.FAILED;
        }
        return status.serving() ? ExitCode.OK : ExitCode.UNREACHABLE;
    }
}
