package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.TransferResult;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flotilla range transfer-lease}. */
@Command(name = "transfer-lease", description = "Make another node the leaseholder of a range.")
final class RangeTransferLeaseCommand extends ClientCommand {
    @ArgGroup(multiplicity = "1")
    private Which which = new Which();

    @Option(
            names = "--to",
            required = true,
            paramLabel = "NODE",
            description = "The node that takes over; it must have a replica.")
    private int toNode;

    /** The range's number, or a key in it. */
    static final class Which {
        @Parameters(paramLabel = "RANGE", description = "The range's number, as 'range ls' shows it.")
        private @Nullable Long range;

        @Option(names = "--key", paramLabel = "KEY", description = "The range that holds this key.")
        private @Nullable String key;
    }

    @Override
    public Integer call() {
        TransferResult result;
        try (FlotillaAdmin admin = admin()) {
            if (which.range != null) {
                result = admin.transferLease(which.range, toNode);
            } else {
                result = admin.transferLease(KeyText.parse(which.key == null ? "" : which.key), toNode);
            }
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("range", result.range());
        fields.put("from_node", result.fromNode());
        fields.put("to_node", result.toNode());
        output().text(
                        "flotilla.range.transfer-lease.v1",
                        fields,
                        "range " + result.range() + ": leaseholder " + result.fromNode() + " -> " + result.toNode());
        return ExitCode.OK;
    }
}
