package io.flotilla.node.sim;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla sim}: consensus under simulated faults. */
@Command(
        name = "sim",
        mixinStandardHelpOptions = true,
        description =
                "Simulates a consensus group under faults, seed after seed, and checks its promises after every event.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0: every promise was kept",
            "2: wrong usage",
            "5: a promise was broken; the line that replays it is printed"
        })
public final class SimCommand implements Callable<Integer> {
    private static final int EXIT_VIOLATION = 5;
    private static final long SEEDS_DEFAULT = 1_000;
    private static final int VIOLATIONS_SHOWN_MAX = 10;

    @Option(names = "--seeds", paramLabel = "N", description = "How many seeds to run (default " + SEEDS_DEFAULT + ").")
    private @Nullable Long seeds;

    @Option(names = "--minutes", paramLabel = "M", description = "Run for so long instead.")
    private @Nullable Double minutes;

    @Option(names = "--seed", paramLabel = "S", description = "The first seed (default ${DEFAULT-VALUE}).")
    private long firstSeed = 1;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the result there as JSON.")
    private @Nullable Path json;

    @Option(
            names = "--threads",
            paramLabel = "T",
            description = "Seeds at a time (default: one per processor); changes no result.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintStream out = System.out;
        SimSummary summary = new SimSummary();
        long startNanos = System.nanoTime();
        Double budget = minutes;
        long budgetNanos = budget == null ? Long.MAX_VALUE : (long) (budget * 60e9);
        long count = seeds != null ? seeds : budget != null ? Long.MAX_VALUE : SEEDS_DEFAULT;
        Simulation.run(
                firstSeed,
                count,
                Math.max(1, threads),
                () -> System.nanoTime() - startNanos >= budgetNanos,
                result -> add(result, summary, out));
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        print(summary, seconds, out);
        Path target = json;
        if (target != null) {
            new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(target.toFile(), describe(summary));
        }
        return summary.violations().isEmpty() ? 0 : EXIT_VIOLATION;
    }

    private static void add(SimResult result, SimSummary summary, PrintStream out) {
        summary.add(result);
        if (result.violation().isPresent() && summary.violations().size() <= VIOLATIONS_SHOWN_MAX) {
            out.printf(
                    "VIOLATION  %s%n  replay: bin/flotilla sim --seeds 1 --seed %d%n",
                    result.violation().get(), result.seed());
        }
    }

    private static void print(SimSummary summary, double seconds, PrintStream out) {
        out.printf(
                "%d seeds, %d simulated seconds, %d events in %.1f s%n",
                summary.seeds(), summary.simulatedSeconds(), summary.events(), seconds);
        StringBuilder faults = new StringBuilder("faults:");
        summary.faults()
                .forEach((kind, times) ->
                        faults.append(' ').append(kind).append(' ').append(times));
        out.println(faults);
        out.printf("violations: %d%ntrace hash: %s%n", summary.violations().size(), summary.traceHash());
    }

    private static Map<String, Object> describe(SimSummary summary) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("schema", "flotilla.sim/1");
        fields.put("seeds", summary.seeds());
        fields.put("simulated_seconds", summary.simulatedSeconds());
        fields.put("events", summary.events());
        fields.put("faults", summary.faults());
        fields.put("violations", summary.violations().size());
        fields.put("trace_hash", summary.traceHash());
        return fields;
    }
}
