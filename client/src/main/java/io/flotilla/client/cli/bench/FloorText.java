package io.flotilla.client.cli.bench;

import io.flotilla.client.cli.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The report of {@code bench floor} for people: on a terminal, and as a section of a Markdown page. */
final class FloorText {
    static final String BEGIN = "<!-- bench floor: begin -->";
    static final String END = "<!-- bench floor: end -->";

    private FloorText() {}

    static String terminal(FloorReport report) {
        TextTable measured = new TextTable("MEASURED", "VALUE", "UNIT");
        for (List<String> row : rows(report)) {
            measured.row(row.toArray());
        }
        TextTable verdicts = new TextTable("TARGET", "DEMAND", "MEASURED", "VERDICT");
        for (Target target : report.targets()) {
            verdicts.row(target.name(), target.demand(), target.shown(), target.met() ? "ok" : "MISSED");
        }
        String text = measured.render() + System.lineSeparator() + System.lineSeparator() + verdicts.render();
        return report.setting().isQuiet()
                ? text
                : text + System.lineSeparator() + System.lineSeparator() + notQuiet(report);
    }

    private static String notQuiet(FloorReport report) {
        return String.format(
                Locale.ROOT,
                "The machine was busy with something else (load average %.1f before the start): these numbers say little.",
                report.setting().busy());
    }

    /** A section between two marks, so that a later run can replace it. */
    static String markdown(FloorReport report) {
        FloorReport.Setting setting = report.setting();
        StringBuilder text = new StringBuilder(BEGIN).append("\n\n");
        text.append(String.format(
                Locale.ROOT,
                "%d nodes and the client on %d cores of one machine, Java %s, real sync, values of 100 bytes, %d rounds in %.0f s, "
                        + "after %.0f s of warming up. "
                        + "The client's gateway: %s.%n%n",
                setting.nodes(),
                setting.cores(),
                setting.java(),
                setting.rounds(),
                setting.seconds(),
                setting.warmUp().seconds(),
                setting.gateway()));
        if (!setting.isQuiet()) {
            text.append(notQuiet(report)).append("\n\n");
        }
        text.append("| measured | value | unit |\n|---|---:|---|\n");
        for (List<String> row : rows(report)) {
            text.append("| ").append(String.join(" | ", row)).append(" |\n");
        }
        text.append("\n| target | demand | measured | |\n|---|---|---|---|\n");
        for (Target target : report.targets()) {
            text.append("| ")
                    .append(String.join(
                            " | ", target.name(), target.demand(), target.shown(), target.met() ? "met" : "**missed**"))
                    .append(" |\n");
        }
        return text.append('\n').append(END).append('\n').toString();
    }

    /** {@code page} with its section replaced, or added at the end if it has none. */
    static String replaceSection(String page, String section) {
        int begin = page.indexOf(BEGIN);
        int end = page.indexOf(END);
        if (begin < 0 || end < begin) {
            return page + (page.isEmpty() || page.endsWith("\n\n") ? "" : "\n") + section;
        }
        String rest = page.substring(end + END.length());
        return page.substring(0, begin) + section.stripTrailing() + rest;
    }

    private static List<List<String>> rows(FloorReport report) {
        String clients = report.setting().clients() + " clients";
        List<List<String>> rows = new ArrayList<>();
        rows.add(row("floor: one loopback round trip", report.roundTripMicros(), "us"));
        rows.add(row("floor: one forced append", report.appendMicros(), "us"));
        rows.add(row("put, 1 client, p50", report.putMicros(), "us"));
        rows.add(row("puts, 1 client", report.putsPerSecondAlone(), "/s"));
        rows.add(row("puts, " + clients, report.putsPerSecond(), "/s"));
        rows.add(row("gets, " + clients, report.getsPerSecond(), "/s"));
        rows.add(row("transfers over two ranges, " + clients, report.transfersPerSecond(), "/s"));
        rows.add(row("commit of two puts in one range, p50", report.oneRangeMicros(), "us"));
        rows.add(row("commit of two puts in two ranges, p50", report.twoRangesMicros(), "us"));
        rows.add(row("two ranges over one", report.twoRangesRatio(), "x"));
        rows.add(row("server CPU per get", report.serverMicrosPerGet(), "us"));
        rows.add(row("server CPU per put", report.serverMicrosPerPut(), "us"));
        rows.add(row("server CPU per transfer", report.serverMicrosPerTransfer(), "us"));
        return rows;
    }

    private static List<String> row(String name, double value, String unit) {
        return List.of(name, String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value), unit);
    }
}
