package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeRef;
import io.flotilla.client.FlotillaAdmin.ReplicaChangeResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla range move-replica}. */
@Command(name = "move-replica", description = "Put the replica of another node in the place of a node's, in one step.")
final class RangeMoveReplicaCommand extends ReplicaChangeCommand {
    @Option(names = "--from", required = true, paramLabel = "NODE", description = "The node that loses it.")
    private int fromNode;

    @Option(names = "--to", required = true, paramLabel = "NODE", description = "The node that gets it.")
    private int toNode;

    @Override
    ReplicaChangeResult change(FlotillaAdmin admin, RangeRef range) {
        return admin.moveReplica(range, fromNode, toNode);
    }
}
