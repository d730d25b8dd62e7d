package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeRef;
import io.flotilla.client.FlotillaAdmin.ReplicaChangeResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla range remove-replica}. */
@Command(name = "remove-replica", description = "Take the replica of a node out of a range.")
final class RangeRemoveReplicaCommand extends ReplicaChangeCommand {
    @Option(names = "--node", required = true, paramLabel = "NODE", description = "The node that loses it.")
    private int node;

    @Override
    ReplicaChangeResult change(FlotillaAdmin admin, RangeRef range) {
        return admin.removeReplica(range, node);
    }
}
