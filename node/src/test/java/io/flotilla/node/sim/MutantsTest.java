package io.flotilla.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does the simulator find bugs? Each of the lines listed in {@code mutants.txt} is broken, and must be noticed. All of them take an hour; {@code
 * -Dmutants.seeds=N} runs them, {@code -Dmutants.like=WORD} only some. The build only makes sure that the list still fits the code.
 */
class MutantsTest {
    private static final Path SOURCES = Path.of("src/main/java/io/flotilla/node");

    @TempDir
    Path work;

    @Test
    void everyMutantStillFitsTheCode() throws IOException {
        MutantLab lab = MutantLab.ofSimulator(SOURCES, work);
        List<Mutant> mutants = Mutant.all("mutants.txt");
        assertThat(mutants).hasSizeGreaterThan(40);
        for (Mutant mutant : mutants) {
            assertThat(mutant.occurrencesIn(lab.read(mutant.file())))
                    .as(mutant.name())
                    .isEqualTo(1);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "mutants.seeds", matches = "[0-9]+", disabledReason = "an hour of work")
    void everyMutantIsFound() throws IOException, ReflectiveOperationException {
        MutantLab lab = MutantLab.ofSimulator(SOURCES, work);
        String like = System.getProperty("mutants.like", "");
        List<String> survivors = new ArrayList<>();
        for (Mutant mutant : Mutant.all("mutants.txt")) {
            if (mutant.name().contains(like)) {
                Optional<SimResult> found = lab.hunt(mutant, Long.getLong("mutants.seeds"));
                System.out.printf(
                        "| %s | %s | %s |%n",
                        mutant.name(),
                        found.map(result -> Long.toString(result.seed())).orElse("none"),
                        found.flatMap(SimResult::violation).orElse("").replaceAll(":.*| \\(.*", ""));
                if (found.isEmpty()) {
                    survivors.add(mutant.name());
                }
            }
        }
        assertThat(survivors).isEmpty();
    }
}
