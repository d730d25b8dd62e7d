package io.flotilla.client.cli.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Chooses loopback ports for servers. */
public final class Ports {
    /** Below the kernel's usual ephemeral range, so that no outgoing connection takes the port of a node that is down for a moment. */
    static final int LOWEST = 15_000;

    static final int HIGHEST = 29_999;

    /** Where a server listens if nobody says otherwise. */
    public static final int DEFAULT_GRPC = 7400;

    public static final int DEFAULT_TRANSPORT = 7500;

    private static final int ATTEMPTS_PER_PORT = 200;

    private Ports() {}

    /** Both ports of one server. */
    public record Pair(int grpc, int transport) {}

    /**
     * Free ports for {@code nodes} servers.
     *
     * @throws IOException if no free ports are found
     */
    public static List<Pair> free(int nodes, RandomGenerator random) throws IOException {
        return free(nodes, random, 0, 1);
    }

    /** As above, of each {@code parts} ports only one: processes that choose at the same time take the same port in no case if each has its own {@code part}. */
    public static List<Pair> free(int nodes, RandomGenerator random, int part, int parts) throws IOException {
        List<Integer> found = new ArrayList<>();
        int attempts = nodes * 2 * parts * ATTEMPTS_PER_PORT;
        while (found.size() < nodes * 2 && attempts-- > 0) {
            int candidate = random.nextInt(LOWEST, HIGHEST + 1);
            if (candidate % parts == part % parts && !found.contains(candidate) && isFree(candidate)) {
                found.add(candidate);
            }
        }
        if (found.size() < nodes * 2) {
            throw new IOException("no " + nodes * 2 + " free ports between " + LOWEST + " and " + HIGHEST);
        }
        List<Pair> pairs = new ArrayList<>(nodes);
        for (int i = 0; i < nodes; i++) {
            pairs.add(new Pair(found.get(2 * i), found.get(2 * i + 1)));
        }
        return List.copyOf(pairs);
    }

    /** The well-known ports, moved up by {@code offset}: one per node. */
    public static List<Pair> at(int nodes, int offset) {
        List<Pair> pairs = new ArrayList<>(nodes);
        for (int i = 0; i < nodes; i++) {
            pairs.add(new Pair(DEFAULT_GRPC + offset + i, DEFAULT_TRANSPORT + offset + i));
        }
        return List.copyOf(pairs);
    }

    /** Whether a server could listen on the loopback port now. */
    public static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
