package io.flotilla.client.cli;

import io.flotilla.client.DeadlineExceededException;
import io.flotilla.client.ErrorCode;
import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.DecommissionResult;
import io.flotilla.client.InvalidRequestException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flotilla node decommission}. */
@Command(
        name = "decommission",
        description = {
            "Move all replicas of a node to other nodes, then take it out of the cluster for ever.",
            "The node may be dead. Its id is not used again."
        })
final class NodeDecommissionCommand extends ClientCommand {
    private static final Duration MOVING = Duration.ofHours(1);

    @Parameters(paramLabel = "NODE", description = "The node's number.")
    private int node;

    @Override
    public Integer call() {
        DecommissionResult result;
        Output output = output();
        try (FlotillaAdmin admin = connection().patientAdmin(MOVING)) {
            result = admin.decommission(node, left -> {
                if (left > 0) {
                    output.note(left + " replicas left on node " + node);
                }
            });
        } catch (DeadlineExceededException late) {
            throw new CliFailure(
                    ExitCode.FAILED,
                    "node " + node + " is not empty yet",
                    String.valueOf(late.getMessage()),
                    "everything is served; the node gets no new replicas",
                    "the same command again goes on from there");
        } catch (InvalidRequestException refused) {
            boolean absent = refused.code() == ErrorCode.NOT_FOUND;
            throw new CliFailure(
                    absent ? ExitCode.NOT_FOUND : ExitCode.FAILED,
                    "node " + node + " cannot be decommissioned",
                    String.valueOf(refused.getMessage()),
                    "no replica was moved",
                    absent ? "flotilla node ls" : "start another node first, then again");
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("node", node);
        fields.put("replicas_moved", result.replicasMoved());
        output.text(
                "flotilla.node.decommission.v1",
                fields,
                "node " + node + " is out of the cluster, " + result.replicasMoved()
                        + " replicas were moved; if it still runs, it stops by itself");
        return ExitCode.OK;
    }
}
