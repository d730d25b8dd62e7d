package io.flotilla.client.cli;

import io.flotilla.client.cli.bench.BenchFloorCommand;
import io.flotilla.client.cli.bench.BenchIdleCommand;
import io.flotilla.client.cli.bench.BenchOverloadCommand;
import io.flotilla.client.cli.bench.BenchRecoveryCommand;
import io.flotilla.client.cli.bench.BenchSpaceCommand;
import io.flotilla.client.cli.bench.outage.BenchFailoverCommand;
import io.flotilla.client.cli.bench.outage.BenchHandoffCommand;
import picocli.CommandLine.Command;

/** {@code flotilla bench …}. */
@Command(
        name = "bench",
        description = "Measure the server on this machine.",
        subcommands = {
            BenchFloorCommand.class,
            BenchIdleCommand.class,
            BenchFailoverCommand.class,
            BenchOverloadCommand.class,
            BenchHandoffCommand.class,
            BenchRecoveryCommand.class,
            BenchSpaceCommand.class,
            ServerBench.Log.class,
            ServerBench.Checksum.class,
            ServerBench.Sweep.class
        })
final class BenchCommand extends CommandGroup {}
