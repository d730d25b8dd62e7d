package io.flotilla.client.cli;

import picocli.CommandLine.Command;

/** {@code flotilla node …}. */
@Command(
        name = "node",
        description = "Look at the nodes, drain them, take them out of the cluster.",
        subcommands = {NodeLsCommand.class, NodeDrainCommand.class, NodeDecommissionCommand.class})
final class NodeCommand extends CommandGroup {}
