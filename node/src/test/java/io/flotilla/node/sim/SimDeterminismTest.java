package io.flotilla.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The same seed must give the same trace in another process, whatever its identity hashes and collection salts. */
class SimDeterminismTest {
    private static final String SEED = "4711";

    /** What the other process runs. */
    static final class Main {
        public static void main(String[] args) {
            System.exit(new CommandLine(new SimCommand()).execute(args));
        }
    }

    @Test
    void twoProcessesAgreeOnTheTraceOfASeed() throws IOException, InterruptedException {
        String first = traceIn("-XX:hashCode=2");
        String second = traceIn("-Xint");
        assertThat(first).matches("trace hash: [0-9a-f]{16}");
        assertThat(second).isEqualTo(first);
    }

    private static String traceIn(String option) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UnlockExperimentalVMOptions",
                        option,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "--seeds",
                        "3",
                        "--seed",
                        SEED))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines()
                .filter(line -> line.startsWith("trace hash"))
                .findFirst()
                .orElse(output);
    }
}
