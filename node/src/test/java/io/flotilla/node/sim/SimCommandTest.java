package io.flotilla.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SimCommandTest {
    @Test
    void writesItsResultAsJson(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("sim.json");
        int exit = new CommandLine(new SimCommand()).execute("--seeds", "5", "--seed", "9", "--json", file.toString());
        assertThat(exit).isZero();
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertThat(json.get("schema").asText()).isEqualTo("flotilla.sim/1");
        assertThat(json.get("seeds").asLong()).isEqualTo(5);
        assertThat(json.get("violations").asLong()).isZero();
        assertThat(json.get("simulated_seconds").asLong()).isGreaterThan(5 * 10);
        assertThat(json.get("faults").isObject()).isTrue();
        assertThat(json.get("trace_hash").asText()).hasSize(16);
    }
}
