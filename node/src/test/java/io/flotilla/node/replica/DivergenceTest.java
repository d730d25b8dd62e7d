package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.node.mvcc.StateChecksum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real replicas in virtual time, one of which applies something else than the others. */
class DivergenceTest {
    @TempDir
    Path directory;

    private Path fault = Path.of("");
    private ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);

    @BeforeEach
    void plant() {
        fault = directory.resolve("fault");
        System.setProperty(AppliedFault.PROPERTY, fault.toString());
        lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
        lab.lead(1);
    }

    @AfterEach
    void clear() {
        System.clearProperty(AppliedFault.PROPERTY);
    }

    @Test
    void replicasThatAreTheSameAreAskedOnceAndThenLeftAlone() {
        write(40);
        lab.advance(8_000);
        assertThat(lab.verdicts).isEmpty();
        assertThat(lab.alarms).isEmpty();
        StateChecksum first = checksum(1);
        assertThat(first.isExact()).isTrue();
        assertThat(checksum(2)).isEqualTo(first);
        assertThat(checksum(3)).isEqualTo(first);
        assertThat(first.sum()).isEqualTo(counted(1)).isEqualTo(counted(3));
        long entries = lab.node(1).log.view(ReplicaLab.RANGE.value()).lastIndex();
        long messages = lab.messages;
        lab.advance(60_000);
        assertThat(lab.node(1).log.view(ReplicaLab.RANGE.value()).lastIndex()).isEqualTo(entries);
        assertThat(lab.messages).isEqualTo(messages);
        assertThat(lab.node(1).fallAsleep()).isTrue();
    }

    @Test
    void aFollowerThatAppliedSomethingElseIsFoundWithinSeconds() throws IOException {
        write(5);
        lab.node(3).paused = true;
        write(1);
        Files.writeString(fault, "7");
        lab.node(3).paused = false;
        lab.settle();
        assertThat(fault).as("struck").doesNotExist();
        lab.advance(4_000);
        assertThat(lab.verdicts).allMatch(verdict -> verdict.startsWith("3@")).isNotEmpty();
        assertThat(lab.alarms).extracting(ConsistencyCheck.Verdict::undecided).containsOnly(false);
    }

    @Test
    void aLeaseholderThatAppliedSomethingElseCondemnsItself() throws IOException {
        write(5);
        lab.advance(5_000);
        lab.node(1).paused = true;
        lab.node(2).paused = true;
        lab.send(1, reply -> {}, ReplicaLab.put("k", "wrong"));
        Files.writeString(fault, "7");
        lab.node(1).paused = false;
        // Its own disk and the third's acknowledge before the second takes a turn: it applies first.
        lab.settle();
        lab.node(2).paused = false;
        assertThat(fault).as("struck").doesNotExist();
        lab.advance(4_000);
        assertThat(checksum(2)).isEqualTo(checksum(3)).isNotEqualTo(checksum(1));
        assertThat(lab.verdicts).allMatch(verdict -> verdict.startsWith("1@")).isNotEmpty();
    }

    /** It was wrong before the last write, and the same value has been overwritten since. */
    @Test
    void aWrongChecksumStaysWrong() throws IOException {
        lab.node(3).paused = true;
        write(1);
        Files.writeString(fault, "7");
        lab.node(3).paused = false;
        lab.settle();
        write(10);
        lab.advance(4_000);
        assertThat(lab.verdicts).isNotEmpty();
        lab.verdicts.clear();
        write(1);
        lab.advance(4_000);
        assertThat(lab.verdicts).as("asked again").isNotEmpty();
    }

    private void write(int count) {
        for (int i = 0; i < count; i++) {
            lab.ask(1, ReplicaLab.put("k" + i % 4, "value " + i));
            lab.advance(50);
        }
    }

    private StateChecksum checksum(int node) {
        LocalState.Applied applied = LocalState.applied(lab.node(node).engine, ReplicaLab.RANGE);
        if (applied == null) {
            throw new AssertionError("nothing is applied on node " + node);
        }
        return applied.checksum();
    }

    private long counted(int node) {
        return StateCounter.sumOf(
                lab.node(node).engine, lab.node(node).replica.descriptor().span());
    }
}
