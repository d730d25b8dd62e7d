package io.flotilla.node.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How benchmarks tell their figures. */
final class BenchResult {
    private BenchResult() {}

    /** A line for each, and the file if one is wanted. */
    static void tell(Map<String, Object> fields, @Nullable Path json) throws IOException {
        fields.forEach((name, value) -> System.out.println(name + " " + value));
        write(fields, json);
    }

    static void write(Map<String, Object> fields, @Nullable Path json) throws IOException {
        if (json != null) {
            new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(json.toFile(), fields);
        }
    }

    /** To the nanosecond. */
    static double rounded(double micros) {
        return Double.parseDouble(String.format(Locale.ROOT, "%.3f", micros));
    }
}
