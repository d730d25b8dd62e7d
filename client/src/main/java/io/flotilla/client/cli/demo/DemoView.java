package io.flotilla.client.cli.demo;

import io.flotilla.client.load.Sample;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** The live view: one line a second, and markers between them. Safe for several threads. */
final class DemoView {
    static final String RIGHT = "✓";
    static final String WRONG = "✗";

    static final String HEADINGS = "_elapsed___errors__ops/sec__p50(ms)__p95(ms)__p99(ms)_pMax(ms)__ranges__total";
    private static final int LINES_PER_HEADING = 20;

    private final Consumer<String> out;
    private final long expectedTotal;
    private long errors;
    private int lines;

    DemoView(Consumer<String> out, long expectedTotal) {
        this.out = out;
        this.expectedTotal = expectedTotal;
    }

    /** @param total as last read consistently; empty if that has not been done yet */
    synchronized void sample(Sample sample, int ranges, OptionalLong total) {
        errors += sample.errors();
        if (lines++ % LINES_PER_HEADING == 0) {
            out.accept(HEADINGS);
        }
        out.accept(String.format(
                Locale.ROOT,
                "%7.1fs %8d %8.1f %8.1f %8.1f %8.1f %8.1f %7d  %s",
                sample.elapsedMillis() / 1_000.0,
                errors,
                sample.opsPerSecond(),
                sample.p50Millis(),
                sample.p95Millis(),
                sample.p99Millis(),
                sample.maxMillis(),
                ranges,
                total.isEmpty() ? "total = ?" : shown(total.getAsLong())));
    }

    private String shown(long total) {
        return "total = " + total + " " + (total == expectedTotal ? RIGHT : WRONG + " expected " + expectedTotal);
    }

    synchronized void marker(String what) {
        out.accept("-- " + what);
    }
}
