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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Small rules over the source text, each with what to do instead. */
class TidyTest {
    private static final List<String> MODULES = List.of("config", "txn-coordinator", "range-manager", "node", "client");

    /** Banned words in main sources, and what to write instead. */
    private static final Map<String, String> BANNED = new TreeMap<>(Map.of(
            "FIXME", "open an issue and name it in a graded TODO",
            "printStackTrace()", "log it, or let it fail",
            "ObjectInputStream", "a versioned codec",
            "\t", "four spaces"));

    @Test
    void sourcesHaveNoBannedWords() {
        List<String> findings = new ArrayList<>();
        for (Path file : sources("src/main/java")) {
            String text = read(file);
            BANNED.forEach((word, instead) -> {
                if (text.contains(word)) {
                    findings.add(file + " contains '" + word + "'; instead: " + instead);
                }
            });
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void everyPackageHasASign() {
        List<Path> missing = new ArrayList<>();
        for (Path file : sources("src/main/java")) {
            Path sign = file.resolveSibling("package-info.java");
            if (!Files.exists(sign)) {
                missing.add(file.getParent());
            }
        }
        assertThat(missing).as("packages without package-info.java").isEmpty();
    }

    @Test
    void everySignTurnsNullChecksOn() {
        List<Path> missing = new ArrayList<>();
        for (Path file : sources("src/main/java")) {
            if (file.endsWith("package-info.java") && !read(file).contains("@NullMarked")) {
                missing.add(file);
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void noFileGrowsIntoAGodFile() {
        List<String> findings = new ArrayList<>();
        for (Path file : sources("src/main/java")) {
            long lines = read(file).lines().count();
            if (lines > 620) {
                findings.add(file + " has " + lines + " lines; give its second subject a class of its own");
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void disabledTestsNameTheirIssue() {
        List<Path> findings = new ArrayList<>();
        for (Path file : sources("src/test/java")) {
            String text = read(file);
            if (!file.endsWith("TidyTest.java") && text.contains("@Disabled") && !text.contains("@Disabled(\"#")) {
                findings.add(file);
            }
        }
        assertThat(findings).isEmpty();
    }

    private static List<Path> sources(String folder) {
        List<Path> found = new ArrayList<>();
        for (String module : MODULES) {
            Path root = Path.of("..", module, folder);
            if (!Files.isDirectory(root)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(root)) {
                files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(found::add);
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
        assertThat(found).isNotEmpty();
        return found;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
