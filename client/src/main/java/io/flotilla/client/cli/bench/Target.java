package io.flotilla.client.cli.bench;

import java.util.Locale;

/**
 * One thing the benchmark demands.
 *
 * @param unit after the number; may be empty
 * @param limit at most this, or at least this if {@code atLeast}
 */
record Target(String name, double measured, String unit, double limit, boolean atLeast) {
    boolean met() {
        return atLeast ? measured >= limit : measured <= limit;
    }

    String demand() {
        return (atLeast ? ">= " : "<= ") + String.format(Locale.ROOT, "%.0f", limit) + unit;
    }

    String shown() {
        return String.format(Locale.ROOT, measured < 10 ? "%.2f" : "%.0f", measured) + unit;
    }
}
