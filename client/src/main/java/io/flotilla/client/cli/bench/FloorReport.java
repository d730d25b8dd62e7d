package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.LoadLine;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code bench floor} found. Times are medians over rounds.
 *
 * @param roundTripMicros the loopback echo
 * @param appendMicros the forced append
 * @param serverMicrosPerGet CPU of all servers together, microseconds per operation; NaN if it cannot be read
 * @param twoRangesMicros commit latency of a blind transaction of two puts in ranges of different leaseholders
 */
record FloorReport(
        Setting setting,
        double roundTripMicros,
        double appendMicros,
        double putMicros,
        double putsPerSecondAlone,
        double putsPerSecond,
        double getsPerSecond,
        double transfersPerSecond,
        double oneRangeMicros,
        double twoRangesMicros,
        double serverMicrosPerGet,
        double serverMicrosPerPut,
        double serverMicrosPerTransfer) {

    /**
     * What came before.
     *
     * @param compiling what the servers' compilers took of a core in the last of it, all together; NaN if it cannot be read
     */
    record WarmUp(double seconds, double compiling) {}

    /**
     * Under what circumstances.
     *
     * @param warmUp before anything was measured
     * @param busy the machine's load average before the servers started; what others do on it spoils every number. NaN if not known
     */
    record Setting(
            int nodes,
            int cores,
            int clients,
            int rounds,
            double seconds,
            WarmUp warmUp,
            String data,
            String java,
            String gateway,
            double busy) {
        private static final double BUSY_MAX = 0.5;

        boolean isQuiet() {
            return !(busy > BUSY_MAX * cores);
        }
    }

    static final String SCHEMA = "flotilla.bench.floor.v1";

    private static final double MULTIPLE_MAX = 4;
    private static final double SCALING_MIN = 10;

    /** The budget: microseconds of server CPU per operation, over all nodes. */
    private static final double GET_MICROS_MAX = 25;

    private static final double PUT_MICROS_MAX = 150;
    private static final double TRANSFER_MICROS_MAX = 400;

    double floorMicros() {
        return roundTripMicros + appendMicros;
    }

    double multiple() {
        return putMicros / floorMicros();
    }

    double scaling() {
        return putsPerSecond / putsPerSecondAlone;
    }

    double twoRangesRatio() {
        return twoRangesMicros / oneRangeMicros;
    }

    List<Target> targets() {
        return List.of(
                new Target("put latency, 1 client, in floors", multiple(), "x", MULTIPLE_MAX, false),
                new Target("puts/s, " + setting.clients() + " clients over 1", scaling(), "x", SCALING_MIN, true),
                new Target("server CPU per get", serverMicrosPerGet, " us", GET_MICROS_MAX, false),
                new Target("server CPU per put", serverMicrosPerPut, " us", PUT_MICROS_MAX, false),
                new Target("server CPU per transfer", serverMicrosPerTransfer, " us", TRANSFER_MICROS_MAX, false));
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        put(fields, "floor_us", floorMicros());
        put(fields, "floor_round_trip_us", roundTripMicros);
        put(fields, "floor_append_us", appendMicros);
        put(fields, "put_p50_us_1", putMicros);
        put(fields, "multiple", multiple());
        put(fields, "puts_per_s_1", putsPerSecondAlone);
        put(fields, "puts_per_s_64", putsPerSecond);
        put(fields, "puts_scaling", scaling());
        put(fields, "gets_per_s_64", getsPerSecond);
        put(fields, "transfers_per_s_64", transfersPerSecond);
        // Microseconds for one, seconds for a thousand.
        put(fields, "server_cpu_s_per_kput", serverMicrosPerPut / 1_000);
        put(fields, "server_cpu_us_per_get", serverMicrosPerGet);
        put(fields, "server_cpu_us_per_put", serverMicrosPerPut);
        put(fields, "server_cpu_us_per_transfer", serverMicrosPerTransfer);
        put(fields, "commit_p50_us_one_range", oneRangeMicros);
        put(fields, "commit_p50_us_two_ranges", twoRangesMicros);
        put(fields, "two_ranges_ratio", twoRangesRatio());
        fields.put("nodes", setting.nodes());
        fields.put("cores", setting.cores());
        fields.put("clients", setting.clients());
        fields.put("rounds", setting.rounds());
        fields.put("seconds", setting.seconds());
        put(fields, "warm_up_seconds", setting.warmUp().seconds());
        put(fields, "compilers_pct_of_core_at_start", 100 * setting.warmUp().compiling());
        fields.put("gateway", setting.gateway());
        put(fields, "load_average_before", setting.busy());
        fields.put("java", setting.java());
        fields.put("targets_met", targets().stream().allMatch(Target::met));
        return fields;
    }

    private static void put(Map<String, Object> fields, String name, double value) {
        fields.put(name, LoadLine.rounded(value));
    }
}
