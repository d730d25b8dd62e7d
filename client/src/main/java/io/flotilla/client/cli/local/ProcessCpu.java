package io.flotilla.client.cli.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** CPU time of processes, from Linux's {@code /proc/<pid>/stat}: user and system time, in ticks of 10 ms. */
public final class ProcessCpu {
    /** USER_HZ, which Linux fixes at 100 for this file on every architecture Flotilla runs on. */
    private static final double TICKS_PER_SECOND = 100;

    private static final int FIELD_UTIME = 11;
    private static final int FIELD_STIME = 12;

    private ProcessCpu() {}

    /** Seconds of CPU used so far by all of {@code pids} together; NaN if that cannot be read. */
    public static double seconds(List<Long> pids) {
        double total = 0;
        for (long pid : pids) {
            try {
                total += parse(
                        Files.readString(Path.of("/proc", String.valueOf(pid), "stat"), StandardCharsets.ISO_8859_1));
            } catch (IOException | RuntimeException unreadable) {
                return Double.NaN;
            }
        }
        return total;
    }

    /** The process's name, in parentheses, may hold anything; the fields are counted from after it. */
    static double parse(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[FIELD_UTIME]) + Long.parseLong(fields[FIELD_STIME])) / TICKS_PER_SECOND;
    }
}
