package io.flotilla.client.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** What one command said and how it ended. */
record CliRun(int exitCode, String out, String err) {
    static CliRun of(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = FlotillaCli.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new CliRun(exitCode, out.toString(), err.toString());
    }

    /** Against {@code cluster}, with time enough to connect on a busy machine. */
    static CliRun at(FakeCluster cluster, String... arguments) {
        return at(cluster.endpoint(), "5s", arguments);
    }

    static CliRun at(String endpoint, String timeout, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--endpoints", endpoint, "--timeout", timeout));
        return of(all.toArray(String[]::new));
    }
}
