package io.flotilla.node.sim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line that matters, broken on purpose.
 *
 * @param file under the sources that the list is about
 */
record Mutant(String name, String file, List<String> out, List<String> in) {
    /** @param list of the test resources in "mutants" */
    static List<Mutant> all(String list) throws IOException {
        List<Mutant> mutants = new ArrayList<>();
        String text;
        try (var resource = Objects.requireNonNull(Mutant.class.getResourceAsStream("/mutants/" + list))) {
            text = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        }
        for (String block : text.split("\n\n")) {
            if (block.startsWith("# ")) {
                mutants.add(parse(block.lines().toList()));
            }
        }
        return mutants;
    }

    private static Mutant parse(List<String> lines) {
        List<String> out = new ArrayList<>();
        List<String> in = new ArrayList<>();
        for (String line : lines.subList(2, lines.size())) {
            (line.charAt(0) == '-' ? out : in).add(line.substring(1).trim());
        }
        return new Mutant(lines.get(0).substring(2), lines.get(1), out, in);
    }

    private Matcher matcher(String source) {
        List<String> quoted = out.stream().map(Pattern::quote).toList();
        return Pattern.compile(String.join("\\s*\\n\\s*", quoted)).matcher(source);
    }

    int occurrencesIn(String source) {
        return (int) matcher(source).results().count();
    }

    String applyTo(String source) {
        return matcher(source).replaceFirst(Matcher.quoteReplacement(String.join("\n", in)));
    }
}
