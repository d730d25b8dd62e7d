package io.flotilla.client.cli;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.KeyValue;
import io.flotilla.client.Transaction;
import io.flotilla.client.TxnOptions;
import io.flotilla.client.TxnResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code flotilla txn 'get a' 'put b 2' …}: several operations, atomically. */
@Command(
        name = "txn",
        description = "Do several operations in one serializable transaction: all of them, or none.",
        subcommands = TxnOutcomeCommand.class,
        footerHeading = "%nOperations, each one argument, or one line of standard input:%n",
        footer = {
            "  get KEY                     print the value",
            "  scan START END [LIMIT]      print the rows",
            "  put KEY VALUE               set the value",
            "  delete KEY                  remove the key",
            "  cas KEY EXPECTED VALUE      set the value if EXPECTED is there, else abort all",
            "  expect KEY VALUE            abort all unless KEY holds VALUE",
            "  absent KEY                  abort all if KEY exists",
            "A word in double quotes may hold blanks.",
            "Example: flotilla txn 'expect alice 10' 'put alice 0' 'put bob 10'"
        })
final class TxnCommand extends ClientCommand {
    @Parameters(
            arity = "0..*",
            paramLabel = "OPERATION",
            description = "An operation, quoted as one argument. Without any, they are read from standard input.")
    private List<String> typed = List.of();

    /** A condition did not hold: nothing is wrong but the transaction must not commit. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    @Override
    public Integer call() throws IOException {
        List<TxnOperation> operations = operations(typed.isEmpty() ? linesOfInput() : typed);
        TxnResult<List<Map<String, Object>>> result;
        try (FlotillaClient client = client()) {
            result = client.transact(TxnOptions.named("flotilla txn"), tx -> runAll(tx, operations));
        } catch (Refused refused) {
            throw new CliFailure(
                    ExitCode.FAILED,
                    "the transaction was aborted",
                    String.valueOf(refused.getMessage()),
                    "nothing was changed",
                    "read the keys, then run it again with what they hold");
        }
        print(result);
        return ExitCode.OK;
    }

    private List<TxnOperation> operations(List<String> lines) {
        List<TxnOperation> operations = new ArrayList<>();
        try {
            for (String line : lines) {
                operations.add(TxnOperation.parse(line));
            }
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec().commandLine(), String.valueOf(wrong.getMessage()), wrong);
        }
        if (operations.isEmpty()) {
            throw new ParameterException(spec().commandLine(), "no operation is given");
        }
        return operations;
    }

    private static List<String> linesOfInput() throws IOException {
        List<String> lines = new ArrayList<>();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            if (!line.isBlank() && !line.startsWith("#")) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static List<Map<String, Object>> runAll(Transaction tx, List<TxnOperation> operations) {
        List<Map<String, Object>> results = new ArrayList<>();
        for (TxnOperation operation : operations) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("op", operation.kind().word());
            result.put("key", operation.operands().get(0));
            run(tx, operation, result);
            results.add(result);
        }
        return results;
    }

    private static void run(Transaction tx, TxnOperation operation, Map<String, Object> result) {
        switch (operation.kind()) {
            case GET -> {
                Optional<byte[]> value = tx.get(operation.key());
                result.put("found", value.isPresent());
                value.ifPresent(bytes -> result.put("value", KeyText.show(bytes)));
            }
            case SCAN -> result.put("rows", rows(tx.scan(operation.key(), operation.operand(1), operation.limit())));
            case PUT -> tx.put(operation.key(), operation.operand(1));
            case DELETE -> tx.delete(operation.key());
            case CAS -> {
                expect(tx, operation, operation.operand(1));
                tx.put(operation.key(), operation.operand(2));
            }
            case EXPECT -> expect(tx, operation, operation.operand(1));
            case ABSENT -> expect(tx, operation, null);
        }
    }

    private static void expect(Transaction tx, TxnOperation operation, byte @Nullable [] expected) {
        Optional<byte[]> actual = tx.get(operation.key());
        boolean holds =
                expected == null ? actual.isEmpty() : actual.isPresent() && Arrays.equals(actual.get(), expected);
        if (!holds) {
            throw new Refused(operation.operands().get(0)
                    + actual.map(bytes -> " holds " + KeyText.show(bytes)).orElse(" does not exist"));
        }
    }

    private static List<Map<String, Object>> rows(List<KeyValue> found) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (KeyValue row : found) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("key", KeyText.show(row.key()));
            fields.put("value", KeyText.show(row.value()));
            rows.add(fields);
        }
        return rows;
    }

    private void print(TxnResult<List<Map<String, Object>>> result) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("committed", true);
        fields.put("txn_id", result.id().toString());
        fields.put("commit_timestamp", Long.toUnsignedString(result.commitTimestamp()));
        fields.put("attempts", result.attempts());
        fields.put("results", result.value());
        TextTable table = new TextTable("OP", "KEY", "RESULT");
        for (Map<String, Object> one : result.value()) {
            if (one.get("rows") instanceof List<?> rows) {
                table.row(one.get("op"), one.get("key"), rows.size() + " rows");
                for (Object row : rows) {
                    Map<?, ?> keyAndValue = (Map<?, ?>) row;
                    table.row("", keyAndValue.get("key"), keyAndValue.get("value"));
                }
            } else if (one.containsKey("found")) {
                table.row(one.get("op"), one.get("key"), one.getOrDefault("value", "(none)"));
            } else {
                table.row(one.get("op"), one.get("key"), "OK");
            }
        }
        output().result("flotilla.txn.v1", fields, table);
        output().note("committed: " + result.id() + (result.attempts() > 1 ? ", attempt " + result.attempts() : ""));
    }
}
