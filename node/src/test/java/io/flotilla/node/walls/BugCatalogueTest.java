package io.flotilla.node.walls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The table of published bugs in {@code docs/testing.md} says where each would be caught: by tests ({@code `Class#method`}), by promises of the
 * simulator or titles of text scenarios (in “quotes”). All of them must be there.
 */
class BugCatalogueTest {
    private static final Pattern ROW = Pattern.compile("\\| (B\\d\\d) \\| ([^|]+) \\| ([^|]+) \\|");
    private static final Pattern CODE = Pattern.compile("`([A-Za-z0-9]+)(?:#([A-Za-z0-9]+))?`");
    private static final Pattern QUOTE = Pattern.compile("“([^”]+)”");
    private static final Pattern SCENARIOS = Pattern.compile("\\b([a-z-]+\\.txt)\\b");

    private static final Path SCENARIO_DIRECTORY = Path.of("src/test/resources/raft-scenarios");

    private final Map<String, String> tests = testSources();
    private final String promises = all(Path.of("src/main/java/io/flotilla/node/sim"), ".java");
    private final String scenarios = all(SCENARIO_DIRECTORY, ".txt");

    @Test
    void everyNumberIsThereOnce() {
        List<String> numbers = rows().stream().map(row -> row.group(1)).toList();
        assertThat(numbers)
                .doesNotHaveDuplicates()
                .containsAll(numbers(1, 45))
                .containsAll(numbers(65, 75))
                .contains("B80", "B81", "B85");
    }

    @Test
    void everyRowNamesWhatWouldCatchItAndAllOfThatIsThere() {
        List<String> findings = new ArrayList<>();
        for (Matcher row : rows()) {
            check(row.group(1), row.group(3), findings);
        }
        assertThat(findings).isEmpty();
    }

    private void check(String number, String where, List<String> findings) {
        int found = 0;
        Matcher code = CODE.matcher(where);
        while (code.find()) {
            String source = tests.get(code.group(1));
            String method = code.group(2);
            if (source == null
                    || (method != null
                            && !source.contains(" " + method + "(")
                            && !source.contains(" " + method + " ="))) {
                findings.add(number + ": there is no " + code.group());
            }
            found += method == null ? 0 : 1;
        }
        Matcher quote = QUOTE.matcher(where);
        while (quote.find()) {
            if (!promises.contains(quote.group(1)) && !scenarios.contains(quote.group(1))) {
                findings.add(number + ": nothing says " + quote.group());
            }
            found++;
        }
        Matcher file = SCENARIOS.matcher(where);
        while (file.find()) {
            if (!Files.exists(SCENARIO_DIRECTORY.resolve(file.group(1)))) {
                findings.add(number + ": there is no " + file.group(1));
            }
        }
        if (found == 0) {
            findings.add(number + ": neither a test nor a promise is named");
        }
    }

    private static List<String> numbers(int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj("B%02d"::formatted).toList();
    }

    private static List<Matcher> rows() {
        return read(Path.of("../docs/testing.md"))
                .lines()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .toList();
    }

    /** By simple name. */
    private static Map<String, String> testSources() {
        Map<String, String> sources = new TreeMap<>();
        for (String module : List.of("config", "txn-coordinator", "range-manager", "node", "client")) {
            for (Path file : files(Path.of("..", module, "src/test/java"), ".java")) {
                sources.put(file.getFileName().toString().replace(".java", ""), read(file));
            }
        }
        return sources;
    }

    private static String all(Path directory, String ending) {
        StringBuilder text = new StringBuilder();
        files(directory, ending).forEach(file -> text.append(read(file)));
        return text.toString();
    }

    private static List<Path> files(Path directory, String ending) {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
