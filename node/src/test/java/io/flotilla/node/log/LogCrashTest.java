package io.flotilla.node.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.disk.CrashDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: after a power cut at any moment the log has all that was acknowledged and nothing that was never written, whatever the disk made of what was not
 * synced. Method: a disk that knows what was synced builds images of what a cut could leave, at random from a seed; the log is opened on each, compared with
 * a model, written to and opened again. While it opens, the power is cut again now and then.
 *
 * <p>More images: {@code -Dlog.crash.images=5000}; a failure names the seed that replays it with {@code -Dlog.crash.seed=S}.
 */
class LogCrashTest {
    private static final int IMAGES = Integer.getInteger("log.crash.images", 60);
    private static final long SEED = Long.getLong("log.crash.seed", 1);
    private static final int IMAGES_OF_A_RUN = 20;
    private static final int STEPS = 300;
    private static final int MORE = 5;
    private static final List<String> MOMENTS =
            List.of("in the renaming", "in the allocation", "before the force", "after the force");

    /** One of so many forces is a moment to cut the power; of what happens to files and names, each second. */
    private static final int FORCES = 12;

    @TempDir
    Path temporary;

    private final Map<String, Integer> seen = new TreeMap<>();
    private int images;

    @Test
    void b68EveryImageOfAPowerCutHasAllThatWasAcknowledgedAndNothingThatWasNeverWritten() throws Exception {
        long seed = SEED;
        // Which of a file's moments a short run meets depends on when its thread gets to run: as many more as it takes.
        for (; images < IMAGES || (images < MORE * IMAGES && !seen.keySet().containsAll(MOMENTS)); seed++) {
            run(seed);
        }
        System.out.println(
                "LogCrashTest: " + images + " images from seeds " + SEED + " to " + (seed - 1) + ": " + seen);
        assertThat(seen.keySet()).as("moments that were hit").containsAll(MOMENTS);
        assertThat(seen.getOrDefault("lost what was not acknowledged", 0)).isPositive();
        assertThat(seen.getOrDefault("kept what was not acknowledged", 0)).isPositive();
        assertThat(seen.getOrDefault("cut again while opening", 0)).isPositive();
    }

    private void run(long seed) throws Exception {
        Random random = new Random(seed);
        Path store = temporary.resolve("store");
        List<Throwable> findings = new ArrayList<>();
        LogWorkload work = new LogWorkload(new Random(seed));
        int until = images + IMAGES_OF_A_RUN;
        CrashDisk disk = new CrashDisk(store.resolve("log"), (crashing, moment) -> {
            if (images < until && findings.isEmpty() && random.nextInt(moment.contains("force") ? FORCES : 2) == 0) {
                int[] acknowledged = work.acknowledged();
                Path image = temporary.resolve("image");
                crashing.cut(image.resolve("log"), random);
                count(moment);
                try {
                    check("seed " + seed + ", " + moment, work, acknowledged, image, random);
                } catch (IOException | RuntimeException | AssertionError wrong) {
                    findings.add(new AssertionError("seed " + seed + ", image " + images + ", " + moment, wrong));
                }
                delete(image);
            }
        });
        try (ChronicleLog log = new ChronicleLog(disk, store, LogWorkload.SETTINGS)) {
            work.run(log, STEPS);
        }
        if (!findings.isEmpty()) {
            throw new AssertionError(findings.get(0));
        }
        delete(store);
    }

    private void count(String moment) {
        images++;
        count(
                moment.contains(" of ")
                        ? moment.substring(0, moment.indexOf(" of "))
                        : moment.replaceAll(" to .*|: .*", ""),
                1);
    }

    private void count(String what, int more) {
        seen.merge(what, more, Integer::sum);
    }

    private void check(String what, LogWorkload work, int[] acknowledged, Path image, Random random)
            throws IOException {
        Path second = image.resolveSibling("second");
        boolean[] cut = new boolean[1];
        int[] found = acknowledged.clone();
        boolean again = random.nextInt(3) == 0;
        CrashDisk disk = new CrashDisk(image.resolve("log"), (crashing, moment) -> {
            if (again && !cut[0] && random.nextInt(4) == 0) {
                cut[0] = true;
                crashing.cut(second.resolve("log"), random);
            }
        });
        try (ChronicleLog log = new ChronicleLog(disk, image, LogWorkload.SETTINGS)) {
            // Cut while it opened, it may end up with less than it has now; not once somebody could have read it.
            for (int range = 1; range <= LogWorkload.RANGES; range++) {
                found[range] = work.model(range)
                        .find(what + ", range " + range, acknowledged[range], log.view(range), log.hardState(range));
            }
            tally(work, acknowledged, found);
            LogFixture.write(log, 99, LogFixture.append(1, 3, 1));
        }
        if (cut[0]) {
            count("cut again while opening", 1);
            try (ChronicleLog log = new ChronicleLog(second, LogWorkload.SETTINGS)) {
                for (int range = 1; range <= LogWorkload.RANGES; range++) {
                    work.model(range)
                            .find(
                                    what + ", again, range " + range,
                                    acknowledged[range],
                                    log.view(range),
                                    log.hardState(range));
                }
            }
            delete(second);
        }
        try (ChronicleLog log = new ChronicleLog(image, LogWorkload.SETTINGS)) {
            for (int range = 1; range <= LogWorkload.RANGES; range++) {
                assertThat(work.model(range)
                                .find(
                                        what + ", later, range " + range,
                                        acknowledged[range],
                                        log.view(range),
                                        log.hardState(range)))
                        .isGreaterThanOrEqualTo(found[range]);
            }
            assertThat(LogFixture.contents(log.view(99))).containsExactly("1:1", "2:1", "3:1");
        }
    }

    private void tally(LogWorkload work, int[] acknowledged, int[] found) {
        for (int range = 1; range <= LogWorkload.RANGES; range++) {
            if (found[range] > acknowledged[range]) {
                count("kept what was not acknowledged", 1);
                return;
            }
            if (!work.model(range).isAll(found[range])) {
                count("lost what was not acknowledged", 1);
                return;
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
