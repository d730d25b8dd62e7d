package io.flotilla.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.File;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code flotilla start}: runs one node until it is told to stop. */
@Command(
        name = "start",
        description = "Starts one node in the foreground. Start three, then run 'flotilla init' once.",
        mixinStandardHelpOptions = true)
final class StartCommand implements Callable<Integer> {
    @Option(names = "--config", paramLabel = "FILE", description = "settings file (HOCON); flags win over it")
    @Nullable
    File config;

    @Option(names = "--node-id", paramLabel = "N", description = "this node's number, for life")
    @Nullable
    Integer nodeId;

    @Option(names = "--listen", paramLabel = "HOST:PORT", description = "the node's transport (default 127.0.0.1:7500)")
    @Nullable
    String listen;

    @Option(
            names = "--advertise",
            paramLabel = "HOST:PORT",
            description = "where other nodes reach it (default: --listen)")
    @Nullable
    String advertise;

    @Option(names = "--grpc", paramLabel = "HOST:PORT", description = "where clients reach it (default 127.0.0.1:7400)")
    @Nullable
    String grpc;

    @Option(names = "--data", paramLabel = "DIR", description = "log and state (default ./flotilla-data)")
    @Nullable
    String data;

    @Option(
            names = "--join",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "transport addresses of the nodes to form a cluster with, this one included or not")
    @Nullable
    List<String> join;

    @Option(
            names = "--exit-when-ready",
            hidden = true,
            description =
                    "start, say so, and stop: checks settings, ports and disk, and is what the launcher's class archive is made from")
    boolean exitWhenReady;

    @Override
    public Integer call() {
        NodeSettings settings;
        try {
            if (config != null && !config.isFile()) {
                throw new NodeSettings.InvalidSettings("--config " + config + " is not a file");
            }
            Config file = config == null ? ConfigFactory.empty() : ConfigFactory.parseFile(config);
            settings = NodeSettings.load(flags(), file);
        } catch (RuntimeException invalid) {
            return fail(
                    2,
                    "cannot start: bad settings",
                    invalid.getMessage(),
                    "nothing was started",
                    "flotilla start --help");
        }
        return NodeApp.run(settings, exitWhenReady);
    }

    private Config flags() {
        Map<String, Object> given = new LinkedHashMap<>();
        put(given, "node-id", nodeId);
        put(given, "listen", listen);
        put(given, "advertise", advertise);
        put(given, "grpc", grpc);
        put(given, "data", data);
        put(given, "join", join);
        return ConfigFactory.parseMap(given);
    }

    private static void put(Map<String, Object> given, String name, @Nullable Object value) {
        if (value != null) {
            given.put("flotilla." + name, value);
        }
    }

    /** What was typed is wrong. */
    static int notUnderstood(ParameterException wrong, String[] arguments) {
        String name = wrong.getCommandLine().getCommandSpec().qualifiedName();
        return fail(
                2,
                name + ": cannot understand the command line",
                wrong.getMessage(),
                "nothing was done",
                name + " --help");
    }

    /** The four lines of every error: what failed, why, what state it is in now, what to try. */
    static int fail(int exit, String what, @Nullable String why, String state, String advice) {
        System.err.println("error: " + what);
        System.err.println("  why:   " + why);
        System.err.println("  state: " + state);
        System.err.println("  try:   " + advice);
        return exit;
    }
}
