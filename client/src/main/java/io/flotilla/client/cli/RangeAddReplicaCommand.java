package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.RangeRef;
import io.flotilla.client.FlotillaAdmin.ReplicaChangeResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla range add-replica}. */
@Command(name = "add-replica", description = "Put a replica of a range on one more node.")
final class RangeAddReplicaCommand extends ReplicaChangeCommand {
    @Option(names = "--node", required = true, paramLabel = "NODE", description = "The node that gets it.")
    private int node;

    @Option(names = "--witness", description = "It votes and holds no data: a third vote at little cost.")
    private boolean witness;

    @Override
    ReplicaChangeResult change(FlotillaAdmin admin, RangeRef range) {
        return admin.addReplica(range, node, witness);
    }
}
