package io.flotilla.client.cli;

import picocli.CommandLine.Command;

/** {@code flotilla node …}. */
@Command(name = "node", description = "Look at the nodes.", subcommands = NodeLsCommand.class)
final class NodeCommand extends CommandGroup {}
