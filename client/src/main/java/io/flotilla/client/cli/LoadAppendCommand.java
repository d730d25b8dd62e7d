package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.load.AppendLayout;
import io.flotilla.client.load.AppendLoad;
import io.flotilla.client.load.AppendOptions;
import io.flotilla.client.load.AppendVerdict;
import io.flotilla.client.load.LoadOptions;
import io.flotilla.client.load.LoadSummary;
import io.flotilla.client.load.check.Anomaly;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code flotilla load run append}: reads of lists and appends to them, checked for serializability. */
@Command(
        name = "append",
        description = {
            "Read lists and append numbers to them, several in one transaction and by single requests, and check that what"
                    + " was seen is serializable and that no read was stale; exits with 5 if it is not.",
            "What is finished is checked while the load runs and then forgotten. If lists cannot be read for so long that "
                    + AppendLoad.UNCHECKED_MAX + " transactions wait to be checked, the load ends early."
        })
final class LoadAppendCommand extends ClientCommand {
    @Mixin
    private final LoadRunOptions run = new LoadRunOptions();

    @Option(
            names = "--keys",
            paramLabel = "N",
            description = "Lists at a time; few, so that transactions meet. Default: ${DEFAULT-VALUE}.",
            defaultValue = "32")
    private int keys;

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            description = "Of all its keys. Default: ${DEFAULT-VALUE}.",
            defaultValue = "append")
    private String prefix = "append";

    @Override
    public Integer call() {
        AppendOptions append = LoadRunOptions.understood(
                spec(), () -> AppendOptions.DEFAULT.prefix(prefix).keys(keys));
        AppendLayout layout = append.layout();
        LoadOptions options = LoadRunOptions.understood(spec(), run::options);
        if (run.ranges() > 1) {
            List<String> borders = LoadRunOptions.understood(spec(), () -> layout.splitKeys(run.ranges()));
            try (FlotillaAdmin admin = admin()) {
                LoadKvCommand.split(admin, borders);
            }
        }
        try (FlotillaClient client = patientClient()) {
            AppendLoad load = new AppendLoad(client, append, options);
            if (run.init()) {
                load.init();
            }
            LoadSummary summary = load.run(
                    new LiveLines(output())::print,
                    anomaly -> output().note("BROKEN  " + anomaly.kind() + ", more at the end"));
            AppendVerdict verdict = load.check();
            print(summary, verdict);
            return verdict.ok() ? ExitCode.OK : ExitCode.INVARIANT_BROKEN;
        }
    }

    private void print(LoadSummary summary, AppendVerdict verdict) {
        Map<String, Object> fields = new LinkedHashMap<>(LoadLine.fields(summary));
        fields.put("rounds_checked", verdict.rounds());
        fields.put("committed", verdict.committed());
        fields.put("aborted", verdict.aborted());
        fields.put("outcome_unknown", verdict.unknown());
        fields.put("appends", verdict.appends());
        fields.put("reads", verdict.reads());
        fields.put(
                "anomalies",
                verdict.anomalies().stream().map(LoadAppendCommand::fields).toList());
        fields.put("invariant_ok", verdict.ok());
        StringBuilder text = new StringBuilder(LoadLine.text(summary));
        text.append(String.format(
                "%n%s: %d transactions that saw %d lists and appended %d numbers, in %d rounds; %d attempts aborted, %d unknown",
                verdict.ok() ? "serializable, nothing stale" : "NOT SERIALIZABLE OR STALE",
                verdict.committed(),
                verdict.reads(),
                verdict.appends(),
                verdict.rounds(),
                verdict.aborted(),
                verdict.unknown()));
        verdict.anomalies().forEach(a -> text.append(String.format("%nBROKEN  %s: %s", a.kind(), a.explanation())));
        output().text("flotilla.load.append.v1", fields, text.toString());
    }

    private static Map<String, Object> fields(Anomaly anomaly) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("kind", anomaly.kind().name());
        fields.put("explanation", anomaly.explanation());
        fields.put("transactions", anomaly.transactions());
        return fields;
    }
}
