package io.flotilla.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.IdleSettings;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.settings.RaftSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.config.settings.TxnSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
 * @param idle what becomes of ranges without traffic
 * @param readMode on what strength reads are answered
 * @param flushMillis how often applied state is made durable, so that the log's beginning may go
 * @param logBytesKept what the log keeps for peers that fell behind, over all ranges
 * @param versionRetentionMillis how long what is overwritten or deleted stays readable, and proves what became of the transaction that wrote it
 * @param diskReserveBytes room kept free of users' data
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
        IdleSettings idle,
        ReadMode readMode,
        long flushMillis,
        long logBytesKept,
        long versionRetentionMillis,
        long diskReserveBytes,
        long maxClockOffsetMillis) {

    /**
     * Versions prove what became of a transaction, and that may be asked for as long as a request may take, and again by whoever finds what it left: twice
     * the longest deadline.
     */
    private static final long RETENTION_MILLIS_MIN = 2 * Limits.DEADLINE_MILLIS_MAX;

    public NodeSettings {
        join = List.copyOf(join);
        if (diskReserveBytes < 0) {
            throw new InvalidSettings("flotilla.disk.reserve must not be negative; it is " + diskReserveBytes);
        }
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
            Config defaults = ConfigFactory.parseResources("flotilla-defaults.conf");
            Config all =
                    flags.withFallback(file).withFallback(defaults).resolve().getConfig("flotilla");
            refuseUnknown(file, all, defaults.resolve().getConfig("flotilla"));
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
            RaftSettings standard = RaftSettings.DEFAULT;
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
                            standard.entriesBytesMax(),
                            standard.inflightAppendsMax(),
                            standard.inflightBytesMax(),
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
                    new IdleSettings(millis(all, "idle.passivate-after"), all.getInt("idle.waking-max")),
                    readMode(all.getString("read.mode")),
                    millis(all, "state.flush-interval"),
                    raft.getBytes("log-bytes-kept"),
                    retentionMillis(all.getConfig("versions"), millis(txn, "outcome-retention")),
                    all.getBytes("disk.reserve"),
                    millis(all, "max-clock-offset"));
        } catch (ConfigException | IllegalArgumentException invalid) {
            throw new InvalidSettings(String.valueOf(invalid.getMessage()));
        }
    }

    /** What is misspelt would leave a default in force, and nobody would know. */
    private static void refuseUnknown(Config file, Config all, Config known) {
        if (!file.isEmpty() && !file.hasPath("flotilla")) {
            throw new InvalidSettings("the settings must stand in 'flotilla { ... }'; at the top of the file there is "
                    + String.join(", ", file.root().keySet()));
        }
        all.entrySet().stream()
                .map(Map.Entry::getKey)
                .filter(name -> !known.hasPath(name))
                .sorted()
                .findFirst()
                .ifPresent(name -> {
                    throw new InvalidSettings("there is no setting flotilla." + name + "; there are "
                            + String.join(", ", siblings(known, name)));
                });
    }

    /** The settings of the innermost group that {@code name} is in and that there is. */
    private static Set<String> siblings(Config known, String name) {
        List<String> path = ConfigUtil.splitPath(name);
        ConfigObject group = known.root();
        for (String step : path.subList(0, path.size() - 1)) {
            if (!(group.get(step) instanceof ConfigObject inner)) {
                break;
            }
            group = inner;
        }
        return new TreeSet<>(group.keySet());
    }

    private static long retentionMillis(Config versions, long outcomeRetentionMillis) {
        long retentionMillis = millis(versions, "retention");
        long least = Math.max(outcomeRetentionMillis, RETENTION_MILLIS_MIN);
        if (retentionMillis < least && !versions.getBoolean("any-retention")) {
            throw new InvalidSettings("flotilla.versions.retention must be at least " + least
                    + " ms, since versions prove outcomes (twice the longest deadline, and flotilla.txn.outcome-retention);"
                    + " it is " + retentionMillis + " ms");
        }
        return retentionMillis;
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
