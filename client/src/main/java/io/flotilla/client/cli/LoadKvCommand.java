package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.load.KvLoad;
import io.flotilla.client.load.KvOptions;
import io.flotilla.client.load.LoadOptions;
import io.flotilla.client.load.LoadSummary;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code flotilla load run kv}: gets and puts of single keys. */
@Command(name = "kv", description = "Get and put single keys. Exits with 1 if anything failed.")
final class LoadKvCommand extends ClientCommand {
    @Mixin
    private final LoadRunOptions run = new LoadRunOptions();

    @Option(names = "--keys", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "10000")
    private int keys;

    @Option(names = "--value-bytes", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "100")
    private int valueBytes;

    @Option(
            names = "--read-percent",
            paramLabel = "N",
            description = "Share of gets. Default: ${DEFAULT-VALUE}.",
            defaultValue = "50")
    private int readPercent;

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            description = "Of all its keys. Default: ${DEFAULT-VALUE}.",
            defaultValue = "kv")
    private String prefix = "kv";

    @Override
    public Integer call() {
        KvOptions kv = LoadRunOptions.understood(spec(), () -> new KvOptions(prefix, keys, valueBytes, readPercent));
        LoadOptions options = LoadRunOptions.understood(spec(), run::options);
        if (run.ranges() > 1) {
            List<String> borders = LoadRunOptions.understood(spec(), () -> KvLoad.splitKeys(kv, run.ranges()));
            try (FlotillaAdmin admin = admin()) {
                split(admin, borders);
            }
        }
        try (FlotillaClient client = patientClient()) {
            KvLoad load = new KvLoad(client, kv, options);
            if (run.init()) {
                output().note("writing " + keys + " keys");
                load.init();
            }
            LoadSummary summary = load.run(new LiveLines(output())::print);
            output().text("flotilla.load.kv.v1", LoadLine.fields(summary), LoadLine.text(summary));
            return summary.errors() == 0 ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    /** Makes each of {@code keys} the beginning of a range. */
    static void split(FlotillaAdmin admin, List<String> keys) {
        for (String key : keys) {
            admin.split(key.getBytes(StandardCharsets.UTF_8));
        }
    }
}
