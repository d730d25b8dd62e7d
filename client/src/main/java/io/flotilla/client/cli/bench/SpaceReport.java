package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.LoadLine;
import io.flotilla.client.cli.TextTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code bench space} found.
 *
 * @param liveBytes keys and values that are there at any time, once
 * @param userBytesWritten keys and values that were written over others
 * @param loaded what the stores took before anything was overwritten
 * @param peak the largest sample
 * @param settled after all that was overwritten had come of age
 * @param written by each server while and after keys were overwritten
 */
record SpaceReport(
        Setting setting,
        long liveBytes,
        long userBytesWritten,
        double seconds,
        Sample loaded,
        Sample peak,
        Sample settled,
        List<Written> written) {

    /** @param retentionSeconds how long servers keep what is overwritten */
    record Setting(
            int nodes,
            int ranges,
            long liveBytes,
            int valueBytes,
            double seconds,
            int overwrites,
            int retentionSeconds,
            int cores,
            String java) {}

    /**
     * Bytes on disk, node by node.
     *
     * @param all with the rest of the data directory
     */
    record Sample(List<Long> all, List<Long> log, List<Long> state) {
        static Sample largest(List<Sample> samples) {
            Sample largest = samples.get(0);
            for (Sample sample : samples) {
                largest = sample.worstBytes() > largest.worstBytes() ? sample : largest;
            }
            return largest;
        }

        /** Of the store that takes most. */
        long worstBytes() {
            return all.get(worst());
        }

        long worstLogBytes() {
            return log.get(worst());
        }

        long worstStateBytes() {
            return state.get(worst());
        }

        private int worst() {
            int worst = 0;
            for (int i = 1; i < all.size(); i++) {
                worst = all.get(i) > all.get(worst) ? i : worst;
            }
            return worst;
        }

        String shown() {
            return mib(worstBytes()) + " MiB in the largest store (log " + mib(worstLogBytes()) + ", state "
                    + mib(worstStateBytes()) + ")";
        }
    }

    /** @param state by the state's threads; all else is the log, but for a little */
    record Written(long all, long state) {
        Written minus(Written before) {
            return new Written(all - before.all, state - before.state);
        }
    }

    static final String SCHEMA = "flotilla.bench.space.v1";

    /** A store takes at most this many times what is live, and {@link #FIXED_BYTES}. */
    static final double MULTIPLE = 3;

    /** The log's files, and what the state's files hold before they are worth compacting: the same however much is live. */
    static final long FIXED_BYTES = 1_024L << 20;

    private double beyondFixed(Sample sample) {
        return Math.max(0, sample.worstBytes() - FIXED_BYTES) / (double) liveBytes;
    }

    List<Target> targets() {
        String of = "x live, beyond " + mib(FIXED_BYTES) + " MiB";
        return List.of(
                new Target("largest store at its peak", beyondFixed(peak), of, MULTIPLE, false),
                new Target("largest store in the end", beyondFixed(settled), of, MULTIPLE, false));
    }

    boolean met() {
        return targets().stream().allMatch(Target::met);
    }

    private double multiple(Sample sample) {
        return sample.worstBytes() / (double) liveBytes;
    }

    private long writtenBytes() {
        return written.stream().mapToLong(Written::all).sum();
    }

    private long writtenByState() {
        return written.stream().mapToLong(Written::state).sum();
    }

    /** For one replica of what the user wrote, in the mean of all. */
    private double perReplica(long bytes) {
        return bytes / (double) userBytesWritten / setting.nodes();
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("ranges", setting.ranges());
        fields.put("live_bytes", liveBytes);
        fields.put("user_bytes_written", userBytesWritten);
        put(fields, "overwrites", userBytesWritten / (double) liveBytes);
        fields.put("loaded_disk_bytes", loaded.worstBytes());
        fields.put("peak_disk_bytes", peak.worstBytes());
        fields.put("peak_log_bytes", peak.worstLogBytes());
        fields.put("peak_state_bytes", peak.worstStateBytes());
        put(fields, "peak_multiple", multiple(peak));
        fields.put("final_disk_bytes", settled.worstBytes());
        fields.put("log_bytes", settled.worstLogBytes());
        fields.put("state_bytes", settled.worstStateBytes());
        put(fields, "final_multiple", multiple(settled));
        fields.put("fixed_bytes", FIXED_BYTES);
        put(fields, "peak_multiple_beyond_fixed", beyondFixed(peak));
        put(fields, "final_multiple_beyond_fixed", beyondFixed(settled));
        fields.put("os_write_bytes", writtenBytes());
        put(fields, "write_amplification", writtenBytes() / (double) userBytesWritten);
        put(fields, "write_amplification_per_replica", perReplica(writtenBytes()));
        put(fields, "write_amplification_state", perReplica(writtenByState()));
        put(fields, "write_amplification_log", perReplica(writtenBytes() - writtenByState()));
        fields.put("node_write_bytes", written.stream().map(Written::all).toList());
        put(fields, "seconds", seconds);
        put(fields, "user_mib_per_s", userBytesWritten / seconds / (1 << 20));
        fields.put("value_bytes", setting.valueBytes());
        fields.put("retention_seconds", setting.retentionSeconds());
        fields.put("nodes", setting.nodes());
        fields.put("cores", setting.cores());
        fields.put("java", setting.java());
        fields.put("targets_met", met());
        return fields;
    }

    String text() {
        TextTable measured = new TextTable("MEASURED", "VALUE", "UNIT");
        row(measured, "live", liveBytes / MIB, "MiB");
        row(measured, "overwritten", userBytesWritten / MIB, "MiB");
        row(measured, "each key, so often", userBytesWritten / (double) liveBytes, "times");
        row(measured, "at", userBytesWritten / MIB / seconds, "MiB/s");
        rows(measured, "largest store, loaded", loaded);
        rows(measured, "largest store, peak", peak);
        rows(measured, "largest store, in the end", settled);
        row(measured, "peak over live", multiple(peak), "x");
        row(measured, "in the end over live", multiple(settled), "x");
        row(measured, "written by all servers over overwritten", writtenBytes() / (double) userBytesWritten, "x");
        row(measured, "one replica's, log and state", perReplica(writtenBytes()), "x");
        row(measured, "  of it the state", perReplica(writtenByState()), "x");
        row(measured, "  of it the log", perReplica(writtenBytes() - writtenByState()), "x");
        TextTable verdicts = new TextTable("TARGET", "DEMAND", "MEASURED", "VERDICT");
        for (Target target : targets()) {
            verdicts.row(target.name(), target.demand(), target.shown(), target.met() ? "ok" : "MISSED");
        }
        return setting.ranges() + " ranges on " + setting.nodes() + " nodes and " + setting.cores()
                + " cores, what is overwritten is kept for " + setting.retentionSeconds() + " s"
                + System.lineSeparator() + System.lineSeparator() + measured.render() + System.lineSeparator()
                + System.lineSeparator() + verdicts.render();
    }

    private static final double MIB = 1 << 20;

    private static void rows(TextTable table, String name, Sample sample) {
        row(table, name, sample.worstBytes() / MIB, "MiB");
        row(table, "  of it log", sample.worstLogBytes() / MIB, "MiB");
        row(table, "  of it state", sample.worstStateBytes() / MIB, "MiB");
    }

    private static void row(TextTable table, String name, double value, String unit) {
        table.row(name, String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.0f", value), unit);
    }

    private static void put(Map<String, Object> fields, String name, double value) {
        fields.put(name, LoadLine.rounded(value));
    }

    private static String mib(long bytes) {
        return String.valueOf(bytes >> 20);
    }
}
