package io.flotilla.client.cli.local;

import io.flotilla.client.cli.CliFailure;
import io.flotilla.client.cli.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The command line of a local server. The launcher script is asked, so that JVM options are decided in one place. */
public final class ServerCommand {
    private final Path launcher;

    /** @param launcher {@code bin/flotilla} */
    public ServerCommand(Path launcher) {
        this.launcher = launcher;
    }

    /** The launcher this process itself was started by. */
    public static ServerCommand ofThisInstallation() {
        String home = System.getProperty("flotilla.home");
        if (home == null) {
            throw new CliFailure(
                    ExitCode.FAILED,
                    "cannot start servers",
                    "the system property flotilla.home is not set, so the launcher is not known",
                    "nothing was started",
                    "run this command through bin/flotilla");
        }
        Path launcher = Path.of(home, "bin", "flotilla");
        if (!Files.isExecutable(launcher)) {
            throw new CliFailure(
                    ExitCode.FAILED,
                    "cannot start servers",
                    launcher + " is not an executable file",
                    "nothing was started",
                    "set FLOTILLA_HOME to the directory that holds bin/flotilla");
        }
        return new ServerCommand(launcher);
    }

    /** @param cluster all servers, itself included: the same list for each of them */
    List<String> of(ServerSpec server, List<ServerSpec> cluster) {
        List<String> command = new ArrayList<>();
        command.add(launcher.toString());
        command.add("start");
        command.addAll(List.of("--node-id", String.valueOf(server.nodeId())));
        command.addAll(List.of("--listen", server.transportAddress()));
        command.addAll(List.of("--advertise", server.advertisedAddress()));
        command.addAll(List.of("--grpc", server.grpcAddress()));
        command.addAll(List.of("--data", server.dataDirectory().toString()));
        String everybody = cluster.stream().map(ServerSpec::advertisedAddress).collect(Collectors.joining(","));
        command.addAll(List.of("--join", everybody));
        if (Files.isRegularFile(server.settingsFile())) {
            command.addAll(List.of("--config", server.settingsFile().toString()));
        }
        return command;
    }
}
