package io.flotilla.client.load.check;

import io.flotilla.client.load.check.Anomaly.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Collects anomalies of one history. */
final class Findings {
    /** Listed of each kind; a broken store breaks much, and nobody reads more. */
    static final int PER_KIND_MAX = 20;

    private final Map<Kind, List<Anomaly>> found = new EnumMap<>(Kind.class);

    /**
     * @param what one line or several; the transactions' own lines are added
     * @param keys that it is about
     */
    void add(Kind kind, Collection<String> keys, String what, Txn... txns) {
        List<Anomaly> sameKind = found.computeIfAbsent(kind, k -> new ArrayList<>());
        if (sameKind.size() >= PER_KIND_MAX) {
            return;
        }
        StringBuilder text = new StringBuilder(what);
        for (Txn txn : txns) {
            text.append('\n').append(Words.line(txn, keys));
        }
        sameKind.add(new Anomaly(
                kind, text.toString(), Arrays.stream(txns).map(Txn::id).toList()));
    }

    /** By kind, then as they were found. */
    List<Anomaly> all() {
        return found.values().stream().flatMap(List::stream).toList();
    }
}
