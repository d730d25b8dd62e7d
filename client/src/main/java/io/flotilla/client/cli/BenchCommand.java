package io.flotilla.client.cli;

import io.flotilla.client.cli.bench.BenchFloorCommand;
import io.flotilla.client.cli.bench.BenchIdleCommand;
import io.flotilla.client.cli.bench.outage.BenchFailoverCommand;
import picocli.CommandLine.Command;

/** {@code flotilla bench …}. */
@Command(
        name = "bench",
        description = "Measure the server on this machine.",
        subcommands = {BenchFloorCommand.class, BenchIdleCommand.class, BenchFailoverCommand.class})
final class BenchCommand extends CommandGroup {}
