package io.flotilla.client.cli.local;

import java.nio.file.Path;
import java.util.List;

/**
 * One server of a local cluster: its identity, its loopback ports and its directory.
 *
 * @param transportPort where it listens for other servers
 * @param advertisedPort where other servers reach it; different if something stands between
 * @param javaOptions for its JVM, on top of the launcher's; none may hold a blank
 */
public record ServerSpec(
        int nodeId, int grpcPort, int transportPort, int advertisedPort, Path directory, List<String> javaOptions) {
    private static final String LOOPBACK = "127.0.0.1:";

    public ServerSpec {
        javaOptions = List.copyOf(javaOptions);
        for (String option : javaOptions) {
            if (option.contains(" ")) {
                throw new IllegalArgumentException("a Java option with a blank in it: " + option);
            }
        }
    }

    /** Reached directly. */
    public ServerSpec(int nodeId, int grpcPort, int transportPort, Path directory) {
        this(nodeId, grpcPort, transportPort, transportPort, directory, List.of());
    }

    /** The same server with these on top of the launcher's. */
    public ServerSpec withJavaOptions(List<String> options) {
        return new ServerSpec(nodeId, grpcPort, transportPort, advertisedPort, directory, options);
    }

    public String grpcAddress() {
        return LOOPBACK + grpcPort;
    }

    public String transportAddress() {
        return LOOPBACK + transportPort;
    }

    public String advertisedAddress() {
        return LOOPBACK + advertisedPort;
    }

    public Path dataDirectory() {
        return directory.resolve("data");
    }

    /** Settings that differ from the defaults; it is used if it is there before the cluster is made. */
    public Path settingsFile() {
        return directory.resolve("settings.conf");
    }

    /** What the process says, appended over all its starts. */
    public Path log() {
        return directory.resolve("log");
    }
}
