package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin;
import io.flotilla.client.FlotillaAdmin.SplitResult;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flotilla range split KEY}. */
@Command(name = "split", description = "Make KEY the first key of a range. Services go on meanwhile.")
final class RangeSplitCommand extends ClientCommand {
    @Parameters(paramLabel = "KEY", description = "Text, or 0x and hexadecimal digits.")
    private String key = "";

    @Override
    public Integer call() {
        SplitResult result;
        try (FlotillaAdmin admin = admin()) {
            result = admin.split(KeyText.parse(key));
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("key", key);
        fields.put("left_range", result.leftRange());
        fields.put("right_range", result.rightRange());
        fields.put("already_split", result.alreadySplit());
        output().text(
                        "flotilla.range.split.v1",
                        fields,
                        result.alreadySplit()
                                ? "range " + result.rightRange() + " begins at " + key + " already"
                                : "range " + result.leftRange() + " now ends at " + key + ", range "
                                        + result.rightRange() + " begins there");
        return ExitCode.OK;
    }
}
