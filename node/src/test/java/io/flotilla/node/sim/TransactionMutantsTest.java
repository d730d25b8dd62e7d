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
 * Does the simulation of transactions find bugs? As {@link MutantsTest}, for the lines in {@code transactions.txt}: {@code -Dtxn.mutants.seeds=N} breaks each
 * of them, {@code -Dmutants.like=WORD} only some. The build only makes sure that the list still fits the code.
 */
class TransactionMutantsTest {
    private static final Path REPOSITORY = Path.of("..");
    private static final String LIST = "transactions.txt";

    @TempDir
    Path work;

    @Test
    void everyMutantStillFitsTheCode() throws IOException {
        MutantLab lab = MutantLab.ofTransactions(REPOSITORY, work);
        List<Mutant> mutants = Mutant.all(LIST);
        assertThat(mutants).hasSizeGreaterThan(20);
        for (Mutant mutant : mutants) {
            assertThat(mutant.occurrencesIn(lab.read(mutant.file())))
                    .as(mutant.name())
                    .isEqualTo(1);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "txn.mutants.seeds", matches = "[0-9]+", disabledReason = "half an hour of work")
    void everyMutantIsFound() throws IOException, ReflectiveOperationException {
        MutantLab lab = MutantLab.ofTransactions(REPOSITORY, work);
        String like = System.getProperty("mutants.like", "");
        List<String> survivors = new ArrayList<>();
        for (Mutant mutant : Mutant.all(LIST)) {
            if (mutant.name().contains(like)) {
                Optional<SimResult> found = lab.hunt(mutant, Long.getLong("txn.mutants.seeds"));
                System.out.printf(
                        "| %s | %s | %s |%n",
                        mutant.name(),
                        found.map(result -> Long.toString(result.seed())).orElse("none"),
                        found.flatMap(SimResult::violation)
                                .orElse("")
                                .lines()
                                .findFirst()
                                .orElse(""));
                if (found.isEmpty()) {
                    survivors.add(mutant.name());
                }
            }
        }
        assertThat(survivors).isEmpty();
    }
}
