package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that asks a cluster for something and prints the answer. */
@Command(mixinStandardHelpOptions = true)
public abstract class ClientCommand implements Callable<Integer> {
    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Spec
    private @Nullable CommandSpec spec;

    protected final ConnectionOptions connection() {
        return connection;
    }

    protected final FlotillaClient client() {
        return connection.client();
    }

    protected final FlotillaClient patientClient() {
        return connection.patientClient();
    }

    protected final FlotillaAdmin admin() {
        return connection.admin();
    }

    protected final Output output() {
        return new Output(spec().commandLine().getOut(), format.format());
    }

    protected final CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("the command was not parsed");
        }
        return spec;
    }

    /** Whether it can leave anything changed behind; if not, a failure never leaves an outcome unknown. */
    boolean readOnly() {
        return false;
    }

    final boolean json() {
        return format.format() == Output.Format.JSON;
    }
}
