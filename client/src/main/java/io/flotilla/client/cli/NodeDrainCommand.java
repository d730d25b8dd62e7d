package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.DrainResult;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flotilla node drain}. */
@Command(
        name = "drain",
        description = {
            "Make a node hand its leases over, and take none, until it is started again. It goes on voting.",
            "Stop it afterwards, and nobody notices."
        })
final class NodeDrainCommand extends ClientCommand {
    private static final Duration HANDING_OVER = Duration.ofSeconds(20);

    @Parameters(paramLabel = "NODE", description = "The node's number.")
    private int node;

    @Override
    public Integer call() {
        DrainResult result;
        try (FlotillaAdmin admin = connection().patientAdmin(HANDING_OVER)) {
            result = admin.drain(node);
        }
        if (result.leasesLeft() > 0) {
            throw new CliFailure(
                    ExitCode.FAILED,
                    "node " + node + " still leads " + counted(result.leasesLeft(), "range"),
                    "no other replica was ready to take over, or there is no other",
                    counted(result.leasesMoved(), "lease") + " handed over; everything is served",
                    "flotilla range ls, flotilla node ls, then again");
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("node", node);
        fields.put("leases_moved", result.leasesMoved());
        fields.put("leases_left", result.leasesLeft());
        output().text(
                        "flotilla.node.drain.v1",
                        fields,
                        "node " + node + " leads nothing; " + counted(result.leasesMoved(), "lease") + " handed over");
        return ExitCode.OK;
    }

    private static String counted(int count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }
}
