package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Scenarios as text, in the resources' folder {@code raft-scenarios}. A line that begins with # opens a scenario and names it; a line is a command of
 * {@link ScenarioStage}; indented lines behind it are what it must say. What a command says may be passed over in silence, but not a refusal.
 */
class RaftScenario {
    private record Step(int number, String command, List<String> expected) {}

    @TestFactory
    Stream<DynamicContainer> scenarios() throws IOException, URISyntaxException {
        Path folder = Path.of(Objects.requireNonNull(RaftScenario.class.getResource("/raft-scenarios"))
                .toURI());
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList().stream().map(RaftScenario::of);
        }
    }

    private static DynamicContainer of(Path file) {
        List<DynamicTest> tests = new ArrayList<>();
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException unreadable) {
            throw new IllegalStateException(unreadable);
        }
        String title = "";
        List<Step> steps = new ArrayList<>();
        for (int at = 0; at <= lines.size(); at++) {
            String line = at == lines.size() ? "" : lines.get(at);
            if (line.startsWith("#")) {
                title = (title + " " + line.substring(1).trim()).trim();
            } else if (line.isBlank()) {
                if (!steps.isEmpty()) {
                    List<Step> scenario = steps;
                    tests.add(DynamicTest.dynamicTest(title, () -> play(file, scenario)));
                    steps = new ArrayList<>();
                    title = "";
                }
            } else if (line.startsWith(" ")) {
                steps.get(steps.size() - 1).expected().add(line.trim());
            } else {
                steps.add(new Step(at + 1, line, new ArrayList<>()));
            }
        }
        return DynamicContainer.dynamicContainer(file.getFileName().toString(), tests);
    }

    private static void play(Path file, List<Step> steps) {
        ScenarioStage stage = new ScenarioStage();
        for (Step step : steps) {
            String where = file.getFileName() + ":" + step.number() + " " + step.command();
            List<String> said;
            try {
                said = stage.play(step.command());
            } catch (RuntimeException broken) {
                throw new AssertionError(where, broken);
            }
            if (!step.expected().isEmpty()) {
                assertThat(said).as(where).isEqualTo(step.expected());
            } else if (said.stream().anyMatch(each -> each.startsWith("refused"))) {
                fail(where + " " + said);
            }
        }
    }
}
