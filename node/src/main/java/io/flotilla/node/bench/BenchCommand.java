package io.flotilla.node.bench;

import picocli.CommandLine.Command;

/** {@code flotilla bench}, as far as it measures the server from within. */
@Command(
        name = "bench",
        description = "Measures a room of the server by itself.",
        mixinStandardHelpOptions = true,
        subcommands = {LogBenchCommand.class, ChecksumBenchCommand.class, SweepBenchCommand.class})
public final class BenchCommand {}
