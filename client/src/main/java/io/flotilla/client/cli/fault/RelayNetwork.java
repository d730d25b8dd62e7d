package io.flotilla.client.cli.fault;

import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.ServerProcess;
import io.flotilla.client.cli.local.ServerSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The network between the servers of a local cluster: each server's advertised port is a relay to where it listens, so that what one server says to
 * another can be held back in one direction. Thread-safe.
 */
public final class RelayNetwork implements AutoCloseable {
    /** One direction between two servers. */
    private record Way(int from, int to) {}

    private final LocalCluster cluster;
    private final List<Relay> relays = new ArrayList<>();
    private final Map<Way, Gate> gates = new ConcurrentHashMap<>();

    /** Serves the advertised ports at once; the servers may be started before or after. */
    public RelayNetwork(LocalCluster cluster) throws IOException {
        this.cluster = cluster;
        try {
            for (ServerProcess server : cluster.servers()) {
                ServerSpec spec = server.spec();
                relays.add(new Relay(
                        spec.advertisedPort(),
                        spec.transportPort(),
                        (remote, own) -> gate(callerOf(remote, own), spec.nodeId())));
            }
        } catch (IOException taken) {
            close();
            throw taken;
        }
    }

    /** Nothing that {@code from} says reaches {@code to} any more, until {@link #heal}. */
    public void cut(int from, int to) {
        gate(from, to).close();
    }

    /** What was held back is delivered, and everything passes again. */
    public void heal() {
        gates.values().forEach(Gate::open);
    }

    private Gate gate(int from, int to) {
        return gates.computeIfAbsent(new Way(from, to), way -> new Gate());
    }

    /** 0 for a caller that is none of the servers, whom nobody ever cuts off. */
    private int callerOf(int remotePort, int ownPort) {
        Optional<Long> pid = SocketOwners.find(remotePort, ownPort, cluster.pids());
        for (ServerProcess server : cluster.servers()) {
            if (pid.isPresent() && server.pid() == pid.get()) {
                return server.spec().nodeId();
            }
        }
        return 0;
    }

    @Override
    public void close() throws IOException {
        gates.values().forEach(Gate::abolish);
        for (Relay relay : relays) {
            relay.close();
        }
    }
}
