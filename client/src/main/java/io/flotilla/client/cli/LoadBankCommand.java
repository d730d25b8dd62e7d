package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaClient;
import io.flotilla.client.check.BankVerdict;
import io.flotilla.client.load.BankLayout;
import io.flotilla.client.load.BankLoad;
import io.flotilla.client.load.BankLoad.BankSummary;
import io.flotilla.client.load.BankOptions;
import io.flotilla.client.load.LoadOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code flotilla load run bank}: transfers between accounts, checked. */
@Command(
        name = "bank",
        description =
                "Transfer money between accounts of different ranges; exits with 5 if a book is not in order afterwards.")
final class LoadBankCommand extends ClientCommand {
    @Mixin
    private final LoadRunOptions run = new LoadRunOptions();

    @Option(names = "--accounts", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1000")
    private int accounts;

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            description = "Of all its keys. Default: ${DEFAULT-VALUE}.",
            defaultValue = "bank")
    private String prefix = "bank";

    @Override
    public Integer call() {
        BankOptions bank = LoadRunOptions.understood(
                spec(), () -> BankOptions.DEFAULT.prefix(prefix).accounts(accounts));
        BankLayout layout = LoadRunOptions.understood(spec(), bank::layout);
        LoadOptions options = LoadRunOptions.understood(spec(), run::options);
        if (run.ranges() > 1) {
            List<String> borders = LoadRunOptions.understood(spec(), () -> layout.splitKeys(run.ranges()));
            try (FlotillaAdmin admin = admin()) {
                LoadKvCommand.split(admin, borders);
            }
        }
        try (FlotillaClient client = patientClient()) {
            BankLoad load = new BankLoad(client, bank, options);
            if (run.init()) {
                output().note("opening " + accounts + " accounts");
                load.init();
            }
            BankSummary summary = run(load);
            BankVerdict verdict = load.check();
            print(summary, verdict);
            boolean ok = verdict.ok() && summary.totalViolations() == 0;
            return ok ? ExitCode.OK : ExitCode.INVARIANT_BROKEN;
        }
    }

    private BankSummary run(BankLoad load) {
        try {
            return load.run(new LiveLines(output())::print);
        } catch (IllegalStateException cannot) {
            if (run.init()) {
                throw cannot;
            }
            throw new CliFailure(
                    ExitCode.FAILED,
                    "the load cannot run",
                    String.valueOf(cannot.getMessage()),
                    "transfers between accounts that there are may have been made",
                    "without --no-init, or with the --prefix and --accounts of the earlier run");
        }
    }

    private void print(BankSummary summary, BankVerdict verdict) {
        Map<String, Object> fields = new LinkedHashMap<>(LoadLine.fields(summary.load()));
        fields.put("total_checks", summary.totalChecks());
        fields.put("total_violations", summary.totalViolations());
        fields.put("total", verdict.total());
        fields.put("total_expected", verdict.expectedTotal());
        fields.put("acknowledged", verdict.transfersAcknowledged());
        fields.put("ledger_rows", verdict.ledgerRows());
        fields.put(
                "findings",
                verdict.findings().stream()
                        .map(f -> f.kind() + ": " + f.detail())
                        .toList());
        fields.put("invariant_ok", verdict.ok() && summary.totalViolations() == 0);
        StringBuilder text = new StringBuilder(LoadLine.text(summary.load()));
        text.append(String.format(
                "%ntotal %d of %d, read consistently %d times, wrong %d times; %d transfers acknowledged, %d in the ledger",
                verdict.total(),
                verdict.expectedTotal(),
                summary.totalChecks(),
                summary.totalViolations(),
                verdict.transfersAcknowledged(),
                verdict.ledgerRows()));
        verdict.findings().forEach(f -> text.append(String.format("%nBROKEN  %s: %s", f.kind(), f.detail())));
        output().text("flotilla.load.bank.v1", fields, text.toString());
    }
}
