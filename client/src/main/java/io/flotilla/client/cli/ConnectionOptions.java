package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of every command that talks to a cluster. */
public final class ConnectionOptions {
    static final String DEFAULT_ENDPOINTS = "127.0.0.1:7400";

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

    @Option(
            names = {"-e", "--endpoints"},
            paramLabel = "HOST:PORT,...",
            description = "Servers to ask; any of them will do. Default: $$FLOTILLA_ENDPOINTS, else "
                    + DEFAULT_ENDPOINTS + ".")
    private @Nullable String endpoints;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description =
                    "How long to try, for example 500ms, 5s or 1m. Default: 5s, or as long as it takes by nature.")
    private @Nullable Duration timeout;

    /** What was typed, else the environment's, else the default. */
    public String endpoints() {
        if (endpoints != null) {
            return endpoints;
        }
        String fromEnvironment = System.getenv("FLOTILLA_ENDPOINTS");
        return fromEnvironment == null || fromEnvironment.isBlank() ? DEFAULT_ENDPOINTS : fromEnvironment;
    }

    public Duration timeout() {
        return timeout == null ? DEFAULT_TIMEOUT : timeout;
    }

    /** A client with these endpoints and this deadline for each call. It says at once if a range has no quorum. */
    public FlotillaClient client() {
        return client(false);
    }

    /** As {@link #client}, but without a quorum it waits for one: for what is meant to run through outages. */
    public FlotillaClient patientClient() {
        return client(true);
    }

    private FlotillaClient client(boolean waitForQuorum) {
        try {
            return FlotillaClient.builder()
                    .endpoints(endpoints())
                    .defaultDeadline(timeout())
                    .clientName("flotilla-cli")
                    .waitForQuorum(waitForQuorum)
                    .build();
        } catch (IllegalArgumentException wrong) {
            throw unusable(wrong);
        }
    }

    public FlotillaAdmin admin() {
        return admin(timeout());
    }

    /** For what takes long by nature: with the deadline that was given, else this one. */
    public FlotillaAdmin patientAdmin(Duration byDefault) {
        return admin(timeout == null ? byDefault : timeout);
    }

    private FlotillaAdmin admin(Duration deadline) {
        try {
            return FlotillaAdmin.connect(endpoints(), deadline);
        } catch (IllegalArgumentException wrong) {
            throw unusable(wrong);
        }
    }

    private static CliFailure unusable(IllegalArgumentException wrong) {
        return new CliFailure(
                ExitCode.USAGE,
                "cannot understand the command line",
                String.valueOf(wrong.getMessage()),
                "nothing was sent",
                "flotilla COMMAND --help; --endpoints is HOST:PORT,HOST:PORT and --timeout between 1ms and 60s");
    }
}
