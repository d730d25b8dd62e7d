package io.flotilla.client.load.check;

import io.flotilla.client.load.check.Anomaly.Kind;
import io.flotilla.client.load.check.DependencyGraph.Edge;
import io.flotilla.client.load.check.DependencyGraph.EdgeKind;
import io.flotilla.client.load.check.Txn.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks one history. For the tests of lost appends its last transactions should read every key. */
public final class HistoryChecker {
    private final List<Txn> txns;
    private final Findings findings;
    private final Map<String, KeyHistory> keys = new LinkedHashMap<>();
    private final boolean[] takenIn;
    private final ArrayDeque<Integer> committed = new ArrayDeque<>();

    private HistoryChecker(List<Txn> txns) {
        this.txns = txns;
        this.findings = new Findings();
        this.takenIn = new boolean[txns.size()];
    }

    /**
     * What is wrong with {@code history}; empty if nothing is. At most 20 anomalies of a kind. Takes about a second for 100,000
     * transactions.
     *
     * @throws IllegalArgumentException if a value is appended to a key twice
     */
    public static List<Anomaly> check(List<Txn> history) {
        return new HistoryChecker(new ArrayList<>(history)).check();
    }

    private List<Anomaly> check() {
        for (int t = 0; t < txns.size(); t++) {
            for (Txn.Op op : txns.get(t).ops()) {
                if (op instanceof Txn.Append append) {
                    key(append.key()).wrote(append.value(), t);
                }
            }
        }
        for (int t = 0; t < txns.size(); t++) {
            if (txns.get(t).outcome() == Outcome.COMMITTED) {
                commit(t);
            }
        }
        while (!committed.isEmpty()) {
            takeIn(committed.remove());
        }
        keys.values().forEach(KeyHistory::check);
        circles();
        return findings.all();
    }

    private KeyHistory key(String key) {
        return keys.computeIfAbsent(key, k -> new KeyHistory(k, txns, findings));
    }

    /** Whoever is told to have committed, or was seen by one who has. */
    private void commit(int t) {
        if (!takenIn[t]) {
            takenIn[t] = true;
            committed.add(t);
        }
    }

    private void takeIn(int t) {
        Txn txn = txns.get(t);
        Map<String, Touch> touches = new LinkedHashMap<>();
        for (Txn.Op op : txn.ops()) {
            Touch touch = touches.computeIfAbsent(op.key(), k -> new Touch(t));
            if (op instanceof Txn.Append append) {
                touch.append(append.value());
            } else if (op instanceof Txn.Read read) {
                String contradiction = touch.read(read.values());
                if (contradiction != null) {
                    findings.add(
                            Kind.INTERNAL_INCONSISTENCY,
                            List.of(read.key()),
                            Words.name(txn) + " read " + read.key() + " " + Words.list(read.values()) + ", which "
                                    + contradiction,
                            txn);
                }
            }
        }
        touches.forEach((key, touch) -> key(key).committed(touch, this::commit));
    }

    private void circles() {
        DependencyGraph graph = new DependencyGraph(txns.size());
        keys.values().forEach(key -> key.edges(graph));
        for (List<Edge> circle : graph.circles()) {
            long misses = circle.stream().filter(e -> e.kind() == EdgeKind.RW).count();
            boolean informed = circle.stream().anyMatch(e -> e.kind() == EdgeKind.WR);
            Kind kind = misses > 1
                    ? Kind.WRITE_SKEW
                    : misses == 1 ? Kind.READ_SKEW : informed ? Kind.CIRCULAR_INFORMATION : Kind.WRITE_CYCLE;
            StringBuilder text = new StringBuilder(
                    "each of " + circle.size() + " transactions comes before the next, the last before the first");
            for (Edge edge : circle) {
                Txn from = txns.get(edge.from());
                Txn to = txns.get(edge.to());
                text.append("\n  ").append(edge.key().why(from, to, edge.kind(), edge.position()));
            }
            findings.add(
                    kind,
                    circle.stream().map(edge -> edge.key().key()).toList(),
                    text.toString(),
                    circle.stream().map(edge -> txns.get(edge.from())).toArray(Txn[]::new));
        }
    }
}
