package io.flotilla.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LogBenchCommandTest {
    @TempDir
    private Path directory;

    @Test
    void aShortRunMeasuresEverythingItPromisesAndLeavesNothingBehind() throws Exception {
        Path json = directory.resolve("log.json");
        Path data = directory.resolve("data");
        int exit = new CommandLine(new BenchCommand())
                .execute("log", "--seconds", "1", "--data", data.toString(), "--json", json.toString());
        assertThat(exit).isZero();
        JsonNode fields = new ObjectMapper().readTree(json.toFile());
        assertThat(fields.path("schema").asText()).isEqualTo(LogBenchReport.SCHEMA);
        for (String name : new String[] {
            "raw_fdatasync_p50_us",
            "append_p50_us_1",
            "append_p99_us_1",
            "appends_per_s_1",
            "appends_per_s_8",
            "bytes_per_s_64"
        }) {
            assertThat(fields.path(name).asDouble()).as(name).isPositive();
        }
        assertThat(fields.path("syncs_per_append_1").asDouble()).isBetween(0.9, 1.1);
        assertThat(fields.path("syncs_per_append_64").asDouble())
                .as("ranges share syncs")
                .isBetween(0.001, 0.5);
        assertThat(fields.path("append_over_raw").asDouble()).isPositive();
        try (var left = Files.list(data)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void percentilesAreOfWhatWasAdded() {
        Latencies latencies = new Latencies();
        assertThat(latencies.micros(0.5)).isNaN();
        for (int i = 1; i <= 10_000; i++) {
            latencies.add(i * 1_000L);
        }
        assertThat(latencies.count()).isEqualTo(10_000);
        assertThat(latencies.micros(0.5)).isEqualTo(5_001);
        assertThat(latencies.micros(0.99)).isEqualTo(9_901);
        assertThat(latencies.micros(1)).isEqualTo(10_000);
    }
}
