package io.flotilla.node.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.raft.HardState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: nothing acknowledged is missing after a real SIGKILL, whatever the log was doing, collection of old files included. Method: a child appends, the
 * parent kills it at a random acknowledgement.
 */
class LogKillTest {
    private static final int ROUNDS = Integer.getInteger("flotilla.log.kills", 6);
    private static final int ACKNOWLEDGED_MAX = 3_000;
    /** A tenth of a second each: longer than a queue waits for whom it takes for dead. */
    private static final int STANDS_STILL_TRIES = 20;

    private static final Pattern ACKNOWLEDGED = Pattern.compile("(\\d+) (\\d+)");

    @TempDir
    Path directory;

    @Test
    void nothingAcknowledgedIsLostWhenTheProcessIsKilled() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long[] acknowledged = new long[LogKillChild.BUSY + 1];
        for (int round = 0; round < ROUNDS; round++) {
            killAfter(1 + random.nextInt(ACKNOWLEDGED_MAX), acknowledged);
            String what = "round " + round + ", seed " + seed;
            try (ChronicleLog log = new ChronicleLog(directory.resolve("store"), LogKillChild.SETTINGS)) {
                for (int range = 1; range <= LogKillChild.BUSY; range++) {
                    long last = log.view(range).lastIndex();
                    assertThat(last).as(what).isGreaterThanOrEqualTo(acknowledged[range]);
                    assertThat(log.view(range).firstIndex())
                            .as(what)
                            .isLessThanOrEqualTo(Math.max(1, last - LogKillChild.KEPT + 1));
                    assertThat(LogFixture.contents(log.view(range))).as(what).hasSize((int)
                            (last - log.view(range).firstIndex() + 1));
                    assertThat(log.hardState(range).commit()).as(what).isEqualTo(Math.max(0, last - 1));
                }
                for (int range = LogKillChild.BUSY + 1; range <= LogKillChild.BUSY + LogKillChild.IDLE; range++) {
                    assertThat(LogFixture.contents(log.view(range))).as(what).hasSize(LogKillChild.IDLE_ENTRIES);
                    assertThat(log.hardState(range)).as(what).isEqualTo(new HardState(range, 1, range));
                }
            }
        }
        assertThat(acknowledged[1]).isPositive();
        assertThat(LogInspector.files(directory.resolve("store"))).hasSizeLessThan(ROUNDS + 8);
    }

    @Test
    void b70AWriterThatStandsStillKeepsItsLogForItself() throws Exception {
        Path store = directory.resolve("store");
        long[] acknowledged = new long[LogKillChild.BUSY + 1];
        Process child = new ProcessBuilder(command())
                .redirectError(directory.resolve("errors").toFile())
                .start();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            read(output, 50, acknowledged);
            signal(child, "STOP");
            for (int i = 0; i < STANDS_STILL_TRIES; i++) {
                assertThatThrownBy(() -> new ChronicleLog(store, LogKillChild.SETTINGS))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("in use");
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
            signal(child, "CONT");
            read(output, 500, acknowledged);
            child.toHandle().destroyForcibly();
            read(output, Integer.MAX_VALUE, acknowledged);
        } finally {
            child.destroyForcibly();
        }
        assertThat(child.waitFor()).isEqualTo(137);
        try (ChronicleLog log = new ChronicleLog(store, LogKillChild.SETTINGS)) {
            for (int range = 1; range <= LogKillChild.BUSY; range++) {
                assertThat(log.view(range).lastIndex()).isGreaterThanOrEqualTo(acknowledged[range]);
                LogFixture.contents(log.view(range));
            }
        }
        assertThat(acknowledged[1]).isPositive();
    }

    private static void read(BufferedReader output, int acknowledgements, long[] acknowledged) throws IOException {
        int seen = 0;
        for (String line = ""; line != null && seen < acknowledgements; line = output.readLine()) {
            Matcher matcher = ACKNOWLEDGED.matcher(line);
            if (matcher.matches()) {
                acknowledged[Integer.parseInt(matcher.group(1))] = Long.parseLong(matcher.group(2));
                seen++;
            }
        }
    }

    private static void signal(Process process, String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private void killAfter(int lines, long[] acknowledged) throws IOException, InterruptedException {
        Path errors = directory.resolve("errors");
        Process child =
                new ProcessBuilder(command()).redirectError(errors.toFile()).start();
        boolean ready = false;
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            int seen = 0;
            String line;
            while ((line = output.readLine()) != null) {
                ready |= line.equals("ready");
                Matcher matcher = ACKNOWLEDGED.matcher(line);
                if (matcher.matches()) {
                    acknowledged[Integer.parseInt(matcher.group(1))] = Long.parseLong(matcher.group(2));
                    if (++seen == lines) {
                        child.toHandle().destroyForcibly(); // keeps the pipe: what it holds was acknowledged too
                    }
                }
            }
        } finally {
            child.destroyForcibly();
        }
        assertThat(child.waitFor()).as(Files.readString(errors)).isEqualTo(137);
        assertThat(ready).isTrue();
    }

    private List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (flag.startsWith("--add-") || flag.startsWith("-Dchronicle")) {
                command.add(flag);
            }
        }
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(
                List.of(LogKillChild.class.getName(), directory.resolve("store").toString()));
        return command;
    }
}
