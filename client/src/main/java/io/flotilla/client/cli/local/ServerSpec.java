package io.flotilla.client.cli.local;

import java.nio.file.Path;

/** One server of a local cluster: its identity, its loopback ports and its directory. */
public record ServerSpec(int nodeId, int grpcPort, int transportPort, Path directory) {
    private static final String LOOPBACK = "127.0.0.1:";

    public String grpcAddress() {
        return LOOPBACK + grpcPort;
    }

    public String transportAddress() {
        return LOOPBACK + transportPort;
    }

    public Path dataDirectory() {
        return directory.resolve("data");
    }

    /** What the process says, appended over all its starts. */
    public Path log() {
        return directory.resolve("log");
    }
}
