package io.flotilla.client.cli.bench;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.cli.local.ProcessCpu;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Runs the measurements in rounds, so that a change in the machine's speed during the run meets all of them alike. Every number is the median of its
 * rounds.
 */
final class FloorBench {
    /** What is measured, each with its share of a round. */
    enum Phase {
        FLOOR(1),
        PUT_ALONE(3),
        PUT(3),
        GET(2),
        COMMIT_ONE_RANGE(2),
        COMMIT_TWO_RANGES(2),
        TRANSFER(3);

        private final int share;

        Phase(int share) {
            this.share = share;
        }

        private static int shares() {
            int sum = 0;
            for (Phase phase : values()) {
                sum += phase.share;
            }
            return sum;
        }
    }

    /** One phase of one round. @param serverMicros CPU of all servers per operation */
    private record Measured(double p50Micros, double perSecond, double serverMicros) {}

    /** What compilers may take of a core, over all servers, when measuring begins. */
    static final double COMPILING_MAX = 0.1;

    private final List<Long> serverPids;
    private final FloorOperations operations;
    private final LoopbackEcho echo;
    private final ForcedAppend append;
    private final int clients;
    private final Map<Phase, List<Measured>> rounds = new EnumMap<>(Phase.class);
    private final List<Double> roundTrips = new ArrayList<>();
    private final List<Double> appends = new ArrayList<>();

    FloorBench(FlotillaClient client, List<Long> serverPids, LoopbackEcho echo, ForcedAppend append, int clients) {
        this.serverPids = serverPids;
        this.operations = new FloorOperations(client);
        this.echo = echo;
        this.append = append;
        this.clients = clients;
    }

    /**
     * Writes every key once, then runs rounds of {@code seconds} without noting anything, until the servers' compilers take little, or {@code secondsMax} are
     * over.
     *
     * @return what the warm-up was
     */
    FloorReport.WarmUp warmUp(double seconds, double secondsMax) throws IOException, InterruptedException {
        operations.fill();
        double took = 0;
        double compiling;
        do {
            double before = ProcessCpu.compilerSeconds(serverPids);
            round(seconds);
            took += seconds;
            compiling = Math.max(0, ProcessCpu.compilerSeconds(serverPids) - before) / seconds;
        } while (compiling > COMPILING_MAX && took + seconds <= secondsMax);
        rounds.clear();
        roundTrips.clear();
        appends.clear();
        return new FloorReport.WarmUp(took, compiling);
    }

    /** Runs {@code count} rounds in {@code seconds}; {@code onRound} hears the number of each that is done. */
    void measure(int count, double seconds, Consumer<Integer> onRound) throws IOException, InterruptedException {
        for (int round = 1; round <= count; round++) {
            round(seconds / count);
            onRound.accept(round);
        }
    }

    private void round(double seconds) throws IOException, InterruptedException {
        double perShare = seconds / Phase.shares();
        for (Phase phase : Phase.values()) {
            double phaseSeconds = phase.share * perShare;
            if (phase == Phase.FLOOR) {
                floor(phaseSeconds);
            } else {
                rounds.computeIfAbsent(phase, unused -> new ArrayList<>()).add(run(phase, phaseSeconds));
            }
        }
    }

    /** Round trips and appends by turns, several trips to one append since they are so much shorter. */
    private void floor(double seconds) throws IOException {
        List<Double> trips = new ArrayList<>();
        List<Double> writes = new ArrayList<>();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        do {
            for (int i = 0; i < 5; i++) {
                trips.add(echo.roundTripMicros());
            }
            writes.add(append.appendMicros());
        } while (System.nanoTime() < end);
        roundTrips.add(Medians.of(trips));
        appends.add(Medians.of(writes));
    }

    private Measured run(Phase phase, double seconds) throws InterruptedException {
        return switch (phase) {
            case PUT_ALONE -> loop(1, seconds, operations::put);
            case PUT -> loop(clients, seconds, operations::put);
            case GET -> loop(clients, seconds, operations::get);
            case COMMIT_ONE_RANGE -> loop(1, seconds, operations::commitOneRange);
            case COMMIT_TWO_RANGES -> loop(1, seconds, operations::commitTwoRanges);
            case TRANSFER -> loop(clients, seconds, operations::transfer);
            case FLOOR -> throw new IllegalArgumentException("the floor is no operation of a client");
        };
    }

    private Measured loop(int threads, double seconds, ClosedLoop.Operation operation) throws InterruptedException {
        double cpuBefore = ProcessCpu.seconds(serverPids);
        ClosedLoop.Result result = ClosedLoop.run(threads, seconds, operation);
        double cpu = ProcessCpu.seconds(serverPids) - cpuBefore;
        return new Measured(result.p50Micros(), result.perSecond(), cpu * 1e6 / result.operations());
    }

    FloorReport report(FloorReport.Setting setting) {
        return new FloorReport(
                setting,
                Medians.of(roundTrips),
                Medians.of(appends),
                latency(Phase.PUT_ALONE),
                rate(Phase.PUT_ALONE),
                rate(Phase.PUT),
                rate(Phase.GET),
                rate(Phase.TRANSFER),
                latency(Phase.COMMIT_ONE_RANGE),
                latency(Phase.COMMIT_TWO_RANGES),
                cpu(Phase.GET),
                cpu(Phase.PUT),
                cpu(Phase.TRANSFER));
    }

    private double latency(Phase phase) {
        return Medians.of(of(phase).stream().map(Measured::p50Micros).toList());
    }

    private double rate(Phase phase) {
        return Medians.of(of(phase).stream().map(Measured::perSecond).toList());
    }

    private double cpu(Phase phase) {
        return Medians.of(of(phase).stream().map(Measured::serverMicros).toList());
    }

    private List<Measured> of(Phase phase) {
        return rounds.getOrDefault(phase, List.of());
    }
}
