package io.flotilla.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.settings.RaftSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.config.settings.TxnSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Everything a node is started with.
 *
 * @param listen where the node's own transport binds
 * @param advertise where other nodes reach it
 * @param grpc where clients reach it
 * @param join transport addresses of nodes to join; empty: only itself
 * @param liveness how nodes find out that one of them is gone
 * @param flow how much work this node takes in
 * @param readMode on what strength reads are answered
 * @param flushMillis how often applied state is made durable, so that the log's beginning may go
 * @param maxClockOffsetMillis bound on the difference of any two nodes' wall clocks
 */
public record NodeSettings(
        NodeId node,
        HostPort listen,
        HostPort advertise,
        HostPort grpc,
        Path data,
        List<HostPort> join,
        RaftSettings raft,
        TxnSettings txn,
        LivenessSettings liveness,
        FlowSettings flow,
        ReadMode readMode,
        long flushMillis,
        long maxClockOffsetMillis) {

    public NodeSettings {
        join = List.copyOf(join);
    }

    /** Thrown for settings that make no sense; the message names the setting and its value. */
    public static final class InvalidSettings extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public InvalidSettings(String message) {
            super(message);
        }
    }

    /** Reads {@code flotilla { … }} over the defaults of {@code flotilla-defaults.conf}. Flags given by the operator are in {@code flags} and win. */
    public static NodeSettings load(Config flags, Config file) {
        try {
            Config all = flags.withFallback(file)
                    .withFallback(ConfigFactory.parseResources("flotilla-defaults.conf"))
                    .resolve()
                    .getConfig("flotilla");
            int node = all.getInt("node-id");
            if (node <= 0) {
                throw new InvalidSettings(
                        "flotilla.node-id must be a positive number, given with --node-id; it is " + node);
            }
            HostPort listen = HostPort.parse(all.getString("listen"));
            String advertised = all.getString("advertise");
            List<HostPort> join = new ArrayList<>();
            for (String address : all.getStringList("join")) {
                join.add(HostPort.parse(address));
            }
            Config raft = all.getConfig("raft");
            Config txn = all.getConfig("txn");
            Config flow = all.getConfig("flow");
            Config liveness = all.getConfig("liveness");
            RaftSettings defaults = RaftSettings.DEFAULT;
            return new NodeSettings(
                    new NodeId(node),
                    listen,
                    advertised.isEmpty() ? listen : HostPort.parse(advertised),
                    HostPort.parse(all.getString("grpc")),
                    Path.of(all.getString("data")).toAbsolutePath(),
                    join,
                    new RaftSettings(
                            millis(raft, "tick"),
                            millis(raft, "heartbeat"),
                            millis(raft, "election-timeout-min"),
                            millis(raft, "lease"),
                            defaults.entriesBytesMax(),
                            defaults.inflightAppendsMax(),
                            defaults.inflightBytesMax(),
                            raft.getLong("log-entries-kept")),
                    new TxnSettings(
                            millis(txn, "heartbeat"),
                            millis(txn, "expiry"),
                            millis(txn, "push-delay"),
                            millis(txn, "outcome-retention")),
                    new LivenessSettings(
                            millis(liveness, "heartbeat"), millis(liveness, "support"), millis(liveness, "disk-stall")),
                    new FlowSettings(
                            flow.getBytes("proposal-bytes-max"),
                            millis(flow, "proposal-delay"),
                            flow.getBytes("snapshot-bytes-per-second"),
                            flow.getInt("snapshots-sending-max"),
                            flow.getInt("snapshots-receiving-max")),
                    readMode(all.getString("read.mode")),
                    millis(all, "state.flush-interval"),
                    millis(all, "max-clock-offset"));
        } catch (ConfigException | IllegalArgumentException invalid) {
            throw new InvalidSettings(String.valueOf(invalid.getMessage()));
        }
    }

    private static ReadMode readMode(String name) {
        return switch (name) {
            case "lease" -> ReadMode.LEASE;
            case "read-index" -> ReadMode.READ_INDEX;
            default -> throw new InvalidSettings("flotilla.read.mode must be lease or read-index; it is " + name);
        };
    }

    private static long millis(Config config, String path) {
        return config.getDuration(path, TimeUnit.MILLISECONDS);
    }
}
