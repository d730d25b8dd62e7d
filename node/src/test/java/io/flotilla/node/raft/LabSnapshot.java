package io.flotilla.node.raft;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A state machine of a test. Changes of membership are written as {@link Membership#toString} writes them; behind a bar may follow data, which a witness
 * is not given.
 *
 * @param entries all that was ever applied
 */
record LabSnapshot(long index, long term, Membership membership, List<LogEntry> entries) {
    private static final Pattern MEMBERSHIP =
            Pattern.compile("\\(([0-9w ]*)\\)(?:&\\(([0-9w ]*)\\))?((?: \\+[0-9]+w?)*)(?:\\|.*)?");

    static byte[] payload(String membership) {
        return membership.getBytes(StandardCharsets.UTF_8);
    }

    static Membership membershipOf(byte[] payload) {
        return membership(new String(payload, StandardCharsets.UTF_8));
    }

    static Membership membership(String text) {
        Matcher matcher = MEMBERSHIP.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no membership: " + text);
        }
        List<Integer> witnesses = new ArrayList<>();
        List<Integer> voters = ids(matcher.group(1), witnesses);
        List<Integer> outgoing = ids(matcher.group(2) == null ? "" : matcher.group(2), witnesses);
        List<Integer> learners = ids(matcher.group(3).replace('+', ' '), witnesses);
        return new Membership(
                voters, outgoing, learners, witnesses.stream().distinct().toList());
    }

    private static List<Integer> ids(String text, List<Integer> witnesses) {
        List<Integer> ids = new ArrayList<>();
        for (String word : text.trim().split(" +")) {
            if (!word.isEmpty()) {
                int id = Integer.parseInt(word.replace("w", ""));
                ids.add(id);
                if (word.endsWith("w")) {
                    witnesses.add(id);
                }
            }
        }
        return ids;
    }

    static LogEntry withoutData(LogEntry entry) {
        String kept = entry.kind() == LogEntry.Kind.CONFIG
                ? new String(entry.payload(), StandardCharsets.UTF_8).replaceAll("\\|.*", "")
                : "";
        return new LogEntry(entry.index(), entry.term(), entry.kind(), payload(kept));
    }

    LabSnapshot after(LogEntry entry) {
        List<LogEntry> all = new ArrayList<>(entries);
        all.add(entry);
        return new LabSnapshot(
                entry.index(),
                entry.term(),
                entry.kind() == LogEntry.Kind.CONFIG ? membershipOf(entry.payload()) : membership,
                all);
    }

    LabSnapshot forWitness() {
        return new LabSnapshot(index, term, membership, List.of());
    }
}
