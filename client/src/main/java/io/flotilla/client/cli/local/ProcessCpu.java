package io.flotilla.client.cli.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** CPU time of processes and their threads, from Linux's {@code /proc/<pid>/stat} and the like: user and system time, in ticks of 10 ms. */
public final class ProcessCpu {
    /** USER_HZ, which Linux fixes at 100 for this file on every architecture Flotilla runs on. */
    private static final double TICKS_PER_SECOND = 100;

    private static final int FIELD_UTIME = 11;
    private static final int FIELD_STIME = 12;

    /** As HotSpot names its compilers' threads, first and second ("C2 CompilerThread0", of which Linux keeps 15 characters). */
    private static final Pattern COMPILER = Pattern.compile("\\(C[12] Compiler");

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

    /**
     * Seconds of CPU used so far by those threads of all of {@code pids} that compile, as long as they are there; NaN if that cannot be read. A thread that
     * has ended takes its time with it.
     */
    public static double compilerSeconds(List<Long> pids) {
        double total = 0;
        for (long pid : pids) {
            try (Stream<Path> threads = Files.list(Path.of("/proc", String.valueOf(pid), "task"))) {
                for (Path thread : threads.toList()) {
                    total += ifCompiler(thread.resolve("stat"));
                }
            } catch (IOException | RuntimeException unreadable) {
                return Double.NaN;
            }
        }
        return total;
    }

    private static double ifCompiler(Path file) throws IOException {
        try {
            String stat = Files.readString(file, StandardCharsets.ISO_8859_1);
            return COMPILER.matcher(stat).find() ? parse(stat) : 0;
        } catch (NoSuchFileException ended) {
            return 0;
        }
    }

    /** The process's name, in parentheses, may hold anything; the fields are counted from after it. */
    static double parse(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[FIELD_UTIME]) + Long.parseLong(fields[FIELD_STIME])) / TICKS_PER_SECOND;
    }
}
