package io.flotilla.client.cli;

import io.flotilla.client.load.LoadOptions;
import java.time.Duration;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options of every {@code flotilla load run}. */
final class LoadRunOptions {
    @Option(
            names = "--clients",
            paramLabel = "N",
            description = "Concurrent clients. Default: ${DEFAULT-VALUE}.",
            defaultValue = "16")
    private int clients;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long. Default: ${DEFAULT-VALUE}.",
            defaultValue = "10")
    private int seconds;

    @Option(
            names = "--rate",
            paramLabel = "OPS",
            description = "Offer so many operations a second (open loop). Default: as fast as answers come.",
            defaultValue = "0")
    private double rate;

    @Option(
            names = "--ops",
            paramLabel = "N",
            description = "Stop after so many operations. Default: no bound.",
            defaultValue = "0")
    private long ops;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of the clients' choices. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    private long seed;

    @Option(
            names = "--ranges",
            paramLabel = "N",
            description = "First split the keys so that they lie in at least N ranges. Default: leave them.",
            defaultValue = "0")
    private int ranges;

    @Option(names = "--no-init", description = "Use what an earlier run left.")
    private boolean noInit;

    LoadOptions options() {
        if (seconds < 0 || ops < 0 || seconds == 0 && ops == 0) {
            throw new IllegalArgumentException("--seconds or --ops must be above 0, or it would never end: " + seconds
                    + " s, " + ops + " operations");
        }
        return LoadOptions.DEFAULT
                .clients(clients)
                .duration(Duration.ofSeconds(seconds))
                .opsMax(ops)
                .opsPerSecond(rate)
                .seed(seed);
    }

    /** What the command was told; what is out of bounds is the command line's fault. */
    static <T> T understood(CommandSpec command, Supplier<T> options) {
        try {
            return options.get();
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(command.commandLine(), String.valueOf(wrong.getMessage()), wrong);
        }
    }

    int ranges() {
        return ranges;
    }

    boolean init() {
        return !noInit;
    }
}
