package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.InitResult;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla init}: makes started nodes a cluster, once and for ever. */
@Command(name = "init", description = "Make the started nodes a cluster; once in its life.")
final class InitCommand extends ClientCommand {
    @Option(
            names = "--replication-factor",
            paramLabel = "N",
            description = "Replicas of each range, odd. Default: 3, or as many as there are nodes.",
            defaultValue = "0")
    private int replicationFactor;

    private static final Duration FOUNDING = Duration.ofSeconds(60);

    @Option(
            names = "--nodes-expected",
            paramLabel = "N",
            description = "Refuse unless at least so many nodes have joined. Default: the replication factor.",
            defaultValue = "0")
    private int nodesExpected;

    @Option(names = "--if-needed", description = "Exit with 0 also if it was done before.")
    private boolean ifNeeded;

    @Override
    public Integer call() {
        InitResult result;
        // The first elections, and a node's first start, take their time; asking twice would find the cluster made by
        // the first call.
        try (FlotillaAdmin admin = connection().patientAdmin(FOUNDING)) {
            result = admin.init(replicationFactor, nodesExpected);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("cluster_id", result.clusterId());
        fields.put("nodes", result.nodes());
        fields.put("already_initialized", result.alreadyInitialized());
        if (result.alreadyInitialized() && !ifNeeded) {
            throw new CliFailure(
                    ExitCode.FAILED,
                    "no second cluster was made",
                    "these nodes are cluster " + result.clusterId() + " already",
                    "nothing was changed; the cluster goes on",
                    "flotilla status, or init --if-needed in scripts");
        }
        output().text(
                        "flotilla.init.v1",
                        fields,
                        result.alreadyInitialized()
                                ? "already initialized: cluster " + result.clusterId()
                                : "cluster " + result.clusterId() + " with nodes " + result.nodes());
        return ExitCode.OK;
    }
}
