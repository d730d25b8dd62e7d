package io.flotilla.client.load.check;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Which transaction must come before which, and the circles in that. */
final class DependencyGraph {
    /** Edges looked at for the shortest circle of one component; it is then the shortest of those that were found. */
    private static final int SEARCH_STEPS_MAX = 2_000_000;

    /** The reason for which one comes before the other. */
    enum EdgeKind {
        /** Its append is overwritten by the other's. */
        WW,
        /** Its append is read by the other. */
        WR,
        /** It did not see the other's append. */
        RW;

        int bit() {
            return 1 << ordinal();
        }
    }

    static final int WRITES = EdgeKind.WW.bit();
    static final int INFORMATION = WRITES | EdgeKind.WR.bit();
    static final int ALL = INFORMATION | EdgeKind.RW.bit();

    /** @param position in the order of {@code key}, of the value that is the reason */
    record Edge(int from, int to, EdgeKind kind, KeyHistory key, int position) {}

    private final int nodes;
    private final List<Edge> edges = new ArrayList<>();

    /** Edges by where they begin: those of node {@code n} are {@code out[first[n]] .. out[first[n + 1] - 1]}. */
    private int[] first = {};

    private Edge[] out = {};

    DependencyGraph(int nodes) {
        this.nodes = nodes;
    }

    void add(int from, int to, EdgeKind kind, KeyHistory key, int position) {
        if (from != to) {
            edges.add(new Edge(from, to, kind, key, position));
        }
    }

    /** After the last {@link #add}: a circle of each component that has one, of the gravest kind that it has. */
    List<List<Edge>> circles() {
        index();
        int[] byWrites = components(WRITES);
        int[] byInformation = components(INFORMATION);
        int[] byAll = components(ALL);
        List<List<Edge>> circles = new ArrayList<>();
        for (int[] members : large(byAll)) {
            List<Edge> circle = shortest(members, byWrites, WRITES)
                    .or(() -> shortest(members, byInformation, INFORMATION))
                    .or(() -> shortestWithOneMiss(members, byAll))
                    .or(() -> shortest(members, byAll, ALL))
                    .orElseThrow(() -> new IllegalStateException("a component without a circle"));
            circles.add(circle);
        }
        return circles;
    }

    private void index() {
        first = new int[nodes + 1];
        for (Edge edge : edges) {
            first[edge.from() + 1]++;
        }
        for (int n = 0; n < nodes; n++) {
            first[n + 1] += first[n];
        }
        out = new Edge[edges.size()];
        int[] next = first.clone();
        for (Edge edge : edges) {
            out[next[edge.from()]++] = edge;
        }
    }

    /** Tarjan's strongly connected components over the kinds of {@code mask}, without recursion: each node's component. */
    private int[] components(int mask) {
        int[] component = new int[nodes];
        Arrays.fill(component, -1);
        int[] number = new int[nodes];
        int[] low = new int[nodes];
        int[] next = first.clone();
        int[] path = new int[nodes];
        int[] open = new int[nodes];
        int openSize = 0;
        int numbers = 0;
        for (int root = 0; root < nodes; root++) {
            if (number[root] != 0) {
                continue;
            }
            int depth = 0;
            path[0] = root;
            while (depth >= 0) {
                int node = path[depth];
                if (number[node] == 0) {
                    number[node] = ++numbers;
                    low[node] = numbers;
                    open[openSize++] = node;
                }
                int child = -1;
                while (child < 0 && next[node] < first[node + 1]) {
                    Edge edge = out[next[node]++];
                    if ((edge.kind().bit() & mask) == 0 || component[edge.to()] >= 0) {
                        continue;
                    }
                    if (number[edge.to()] == 0) {
                        child = edge.to();
                    } else {
                        low[node] = Math.min(low[node], number[edge.to()]);
                    }
                }
                if (child >= 0) {
                    path[++depth] = child;
                    continue;
                }
                if (low[node] == number[node]) {
                    do {
                        component[open[--openSize]] = node;
                    } while (open[openSize] != node);
                }
                if (--depth >= 0) {
                    low[path[depth]] = Math.min(low[path[depth]], low[node]);
                }
            }
        }
        return component;
    }

    /** The components of more than one node, each in the order of its nodes. */
    private List<int[]> large(int[] component) {
        int[] sizes = new int[nodes];
        for (int c : component) {
            sizes[c]++;
        }
        List<int[]> large = new ArrayList<>();
        int[] place = new int[nodes];
        int[] filled = new int[nodes];
        for (int n = 0; n < nodes; n++) {
            int c = component[n];
            if (sizes[c] < 2) {
                continue;
            }
            if (filled[c] == 0) {
                place[c] = large.size();
                large.add(new int[sizes[c]]);
            }
            large.get(place[c])[filled[c]++] = n;
        }
        return large;
    }

    /** The shortest circle over the kinds of {@code mask} among {@code members}. */
    private Optional<List<Edge>> shortest(int[] members, int[] component, int mask) {
        Search search = new Search(component, mask);
        List<Edge> best = null;
        for (int member : members) {
            List<Edge> path = search.path(member, member, best == null ? Integer.MAX_VALUE : best.size());
            if (!path.isEmpty()) {
                best = path;
            }
            if (best != null && (best.size() == 2 || search.steps > SEARCH_STEPS_MAX)) {
                break;
            }
        }
        return Optional.ofNullable(best);
    }

    /** The shortest circle with one edge of kind RW. */
    private Optional<List<Edge>> shortestWithOneMiss(int[] members, int[] component) {
        Search search = new Search(component, INFORMATION);
        List<Edge> best = null;
        for (int member : members) {
            for (int e = first[member]; e < first[member + 1]; e++) {
                Edge miss = out[e];
                if (miss.kind() != EdgeKind.RW || component[miss.to()] != component[member]) {
                    continue;
                }
                List<Edge> back = search.path(miss.to(), member, best == null ? Integer.MAX_VALUE : best.size() - 1);
                if (!back.isEmpty()) {
                    best = new ArrayList<>(List.of(miss));
                    best.addAll(back);
                }
                if (search.steps > SEARCH_STEPS_MAX || (best != null && best.size() == 2)) {
                    return Optional.ofNullable(best);
                }
            }
        }
        return Optional.ofNullable(best);
    }

    /** Searches breadth first, within one component. */
    private final class Search {
        private final int[] component;
        private final int mask;
        private final int[] visit = new int[nodes];
        private final int[] distance = new int[nodes];
        private final Edge[] reachedBy = new Edge[nodes];
        private int visits;
        private long steps;

        Search(int[] component, int mask) {
            this.component = component;
            this.mask = mask;
        }

        /** The shortest way of at least one and fewer than {@code below} edges; empty if there is none. */
        List<Edge> path(int from, int to, int below) {
            visits++;
            ArrayDeque<Integer> queue = new ArrayDeque<>();
            queue.add(from);
            distance[from] = 0;
            while (!queue.isEmpty()) {
                int node = queue.remove();
                if (distance[node] + 1 >= below) {
                    return List.of();
                }
                for (int e = first[node]; e < first[node + 1]; e++) {
                    Edge edge = out[e];
                    steps++;
                    if ((edge.kind().bit() & mask) == 0
                            || component[edge.to()] != component[from]
                            || visit[edge.to()] == visits) {
                        continue;
                    }
                    visit[edge.to()] = visits;
                    distance[edge.to()] = distance[node] + 1;
                    reachedBy[edge.to()] = edge;
                    if (edge.to() == to) {
                        return way(from, to);
                    }
                    queue.add(edge.to());
                }
            }
            return List.of();
        }

        private List<Edge> way(int from, int to) {
            ArrayDeque<Edge> way = new ArrayDeque<>();
            int node = to;
            do {
                way.addFirst(reachedBy[node]);
                node = reachedBy[node].from();
            } while (node != from);
            return List.copyOf(way);
        }
    }
}
