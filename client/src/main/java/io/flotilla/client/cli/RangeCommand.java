package io.flotilla.client.cli;

import picocli.CommandLine.Command;

/** {@code flotilla range …}. */
@Command(
        name = "range",
        description = "Look at ranges, split them, move their leases and replicas, recover them.",
        subcommands = {
            RangeLsCommand.class,
            RangeSplitCommand.class,
            RangeTransferLeaseCommand.class,
            RangeAddReplicaCommand.class,
            RangeRemoveReplicaCommand.class,
            RangeMoveReplicaCommand.class,
            RangeRecoverCommand.class
        })
final class RangeCommand extends CommandGroup {}
