package io.flotilla.client.cli;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.Outcome;
import io.flotilla.config.txn.TxnId;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code flotilla txn outcome ID ANCHOR}: what became of a write whose answer was lost. */
@Command(
        name = "outcome",
        description =
                "Say what became of a write or transaction. Exits with 0 if committed, 1 if aborted, 7 if not known.")
final class TxnOutcomeCommand extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ID", description = "The transaction's id.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "ANCHOR", description = "The first key it wrote.")
    private String anchor = "";

    @Option(
            names = "--fence",
            description = "If it left no trace, see to it that it never will; the answer is then final.")
    private boolean fence;

    @Override
    public Integer call() {
        TxnId txn;
        try {
            txn = TxnId.parse(id);
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec().commandLine(), "'" + id + "' is no transaction id", wrong);
        }
        Outcome outcome;
        try (FlotillaClient client = client()) {
            outcome = client.outcome(txn, KeyText.parse(anchor), fence);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("txn_id", id);
        fields.put("status", outcome.status().name());
        fields.put("commit_timestamp", Long.toUnsignedString(outcome.commitTimestamp()));
        fields.put("final", outcome.isFinal());
        output().text("flotilla.txn.outcome.v1", fields, outcome.status().name());
        return switch (outcome.status()) {
            case COMMITTED -> ExitCode.OK;
            case ABORTED -> ExitCode.FAILED;
            case PENDING, UNKNOWN -> ExitCode.OUTCOME_UNKNOWN;
        };
    }
}
