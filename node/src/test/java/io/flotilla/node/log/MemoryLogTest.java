package io.flotilla.node.log;

import static io.flotilla.node.log.LogFixture.append;
import static io.flotilla.node.log.LogFixture.contents;
import static io.flotilla.node.log.LogFixture.hard;
import static io.flotilla.node.log.LogFixture.reset;
import static io.flotilla.node.log.LogFixture.submit;
import static io.flotilla.node.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.raft.HardState;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MemoryLogTest {
    @Test
    void writesAreDurableAtOnceUnlessHeld() {
        MemoryLog log = new MemoryLog();
        write(log, 1, append(1, 5, 1));
        write(log, 1, append(4, 4, 2));
        write(log, 1, hard(2, 1, 3));
        log.compact(1, 2, 1);
        assertThat(contents(log.view(1))).containsExactly("3:1", "4:2");
        assertThat(log.hardState(1)).isEqualTo(new HardState(2, 1, 3));
        write(log, 1, reset(9, 3));
        assertThat(log.view(1).firstIndex()).isEqualTo(10);
        assertThat(log.ranges()).containsExactly(1L);
        log.remove(1);
        assertThat(log.ranges()).isEmpty();
    }

    @Test
    void aCrashLosesWhatWasNotSynced() {
        MemoryLog log = MemoryLog.held();
        submit(log, 1, append(1, 2, 1));
        assertThat(log.sync()).isEqualTo(1);
        CompletableFuture<Void> lost = submit(log, 1, append(3, 3, 1));
        assertThat(log.waiting()).isEqualTo(1);
        MemoryLog survivor = log.crash();
        assertThat(lost).isNotDone();
        assertThat(contents(survivor.view(1))).containsExactly("1:1", "2:1");
        submit(survivor, 1, append(3, 3, 2));
        survivor.sync();
        assertThat(contents(survivor.view(1))).containsExactly("1:1", "2:1", "3:2");
    }
}
