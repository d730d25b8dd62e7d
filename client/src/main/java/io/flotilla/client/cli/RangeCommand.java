package io.flotilla.client.cli;

import picocli.CommandLine.Command;

/** {@code flotilla range …}. */
@Command(
        name = "range",
        description = "Look at ranges, split them, move their leases and replicas.",
        subcommands = {
            RangeLsCommand.class,
            RangeSplitCommand.class,
            RangeTransferLeaseCommand.class,
            RangeAddReplicaCommand.class,
            RangeRemoveReplicaCommand.class,
            RangeMoveReplicaCommand.class
        })
final class RangeCommand extends CommandGroup {}
