package io.flotilla.node.bench;

import io.flotilla.node.log.ChronicleLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla bench log}: the shared log against a raw loop of writes and syncs, by turns. */
@Command(
        name = "log",
        mixinStandardHelpOptions = true,
        description =
                "Measures the shared log with 1, 8 and 64 ranges that append, by turns with a raw loop of writes and fdatasync.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0: measured", "1: a target is missed, with --check", "2: wrong usage"})
final class LogBenchCommand implements Callable<Integer> {
    private static final int[] RANGES = {1, 8, 64};
    private static final int ENTRY_BYTES = 200;

    /** Appends of each kind before it is the next one's turn; few, so that whatever else the disk does hits all alike. */
    private static final int TURN = 50;

    /** Before anything counts, so much of the time goes to the compilers. */
    private static final double WARM_UP_PART = 0.25;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the result here as JSON.")
    private @Nullable Path json;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Work below DIR: its disk is measured. Default: $$TMPDIR or /tmp.")
    private @Nullable Path data;

    @Option(names = "--seconds", paramLabel = "S", description = "How long to measure (default ${DEFAULT-VALUE}).")
    private int seconds = 20;

    @Option(names = "--check", description = "Exit with 1 if a target is missed.")
    private boolean check;

    @Override
    public Integer call() throws IOException {
        Path below = data == null ? Path.of(System.getProperty("java.io.tmpdir")) : data;
        try (ScratchDirectory directory = ScratchDirectory.below(below, "log")) {
            LogBenchReport report = measure(directory.path());
            System.out.println(report.text());
            BenchResult.write(report.fields(), json);
            return check && !report.met() ? 1 : 0;
        }
    }

    private LogBenchReport measure(Path directory) throws IOException {
        try (ChronicleLog log = new ChronicleLog(directory);
                RawAppends raw = new RawAppends(directory.resolve("raw"), ENTRY_BYTES)) {
            List<LogAppends> runs = new ArrayList<>();
            long firstRange = 1;
            for (int ranges : RANGES) {
                runs.add(new LogAppends(log, firstRange, ranges, ENTRY_BYTES));
                firstRange += ranges;
            }
            long start = System.nanoTime();
            long warmUpNanos = (long) (WARM_UP_PART * seconds * 1e9);
            while (System.nanoTime() - start < warmUpNanos) {
                turn(raw, new Latencies(), runs, false);
            }
            Latencies floor = new Latencies();
            long measuredNanos = (long) (seconds * 1e9);
            while (System.nanoTime() - start < warmUpNanos + measuredNanos) {
                turn(raw, floor, runs, true);
            }
            return new LogBenchReport(floor, runs, ENTRY_BYTES);
        }
    }

    private static void turn(RawAppends raw, Latencies floor, List<LogAppends> runs, boolean measured)
            throws IOException {
        for (LogAppends run : runs) {
            raw.run(TURN, floor);
            run.run(TURN * run.ranges(), measured);
        }
    }
}
