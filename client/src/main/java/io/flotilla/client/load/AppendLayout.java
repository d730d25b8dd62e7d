package io.flotilla.client.load;

import io.flotilla.config.key.Key;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Where the lists lie: list {@code i} of each round under {@code <prefix>/<i>/<round>}, so that a range has the same lists in every round. */
public final class AppendLayout {
    private final String prefix;
    private final int keys;

    AppendLayout(String prefix, int keys) {
        this.prefix = prefix;
        this.keys = keys;
    }

    /** The keys at which to split so that {@code ranges} ranges share the lists evenly; one fewer than {@code ranges}. */
    public List<String> splitKeys(int ranges) {
        if (ranges < 1 || ranges > keys) {
            throw new IllegalArgumentException("ranges is not within 1.." + keys + ": " + ranges);
        }
        List<String> borders = new ArrayList<>();
        for (int i = 1; i < ranges; i++) {
            borders.add(border(i * keys / ranges));
        }
        return borders;
    }

    String key(int list, String round) {
        return border(list) + round;
    }

    /** Before all of this list and after all of the one before it. */
    String border(int list) {
        return String.format(Locale.ROOT, "%s/%03d/", prefix, list);
    }

    /** First key of all that belongs to this load. */
    String start() {
        return prefix + "/";
    }

    /** First key after all that belongs to this load. */
    String end() {
        return new String(Key.of(start()).prefixEnd().bytes(), StandardCharsets.UTF_8);
    }
}
