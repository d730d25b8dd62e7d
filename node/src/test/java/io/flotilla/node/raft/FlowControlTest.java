package io.flotilla.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.settings.RaftSettings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** How much is under way to a peer, and what a peer that does not answer costs its leader. */
class FlowControlTest {
    private static final int ENTRY_BYTES = 512;
    private static final Predicate<RaftMessage> DEAF_3 = message -> message.from() == 3;

    private final Lab lab = new Lab(3);

    @Test
    void aPeerIsSentNoMoreBytesThanItsWindowBeforeItAnswers() {
        lab.elect(1);
        long before = lab.status(1).lastIndex();
        lab.cut = message -> message.from() != 1;
        for (int i = 0; i < 400; i++) {
            lab.step(1, new RaftEvent.Propose(List.of(payload(i))));
        }
        long bytes = 0;
        for (RaftMessage.Append append : lab.take(RaftMessage.Append.class)) {
            if (append.to() == 3) {
                bytes += EntryWindow.sizeOf(append.entries());
            }
        }
        // Four messages of at most 1 KiB are the other bound here.
        assertThat(bytes)
                .isPositive()
                .isLessThanOrEqualTo(Lab.SETTINGS.inflightAppendsMax() * (long) Lab.SETTINGS.entriesBytesMax());
        assertThat(lab.status(1).lastIndex()).isEqualTo(before + 400);
    }

    @Test
    void theWindowIsCountedInBytesToo() {
        Progress peer = replicating(10, 1_000);
        peer.pipelined(10, 600);
        assertThat(peer.mayPipeline()).isTrue();
        peer.pipelined(11, 600);
        assertThat(peer.mayPipeline()).isFalse();
        peer.matched(10, 0, 1);
        assertThat(peer.inflightBytes()).isEqualTo(600);
        assertThat(peer.mayPipeline()).isTrue();
        peer.probeFrom(12);
        assertThat(peer.inflightBytes()).isZero();
    }

    @Test
    void theRingKeepsItsOrderWhenItGrowsInTheMiddle() {
        Progress peer = replicating(1_000, Long.MAX_VALUE);
        long acknowledged = 9;
        for (long index = 10; index < 500; index++) {
            peer.pipelined(index, index);
            if (index % 3 == 0) {
                peer.matched(++acknowledged, 0, 1);
            }
            long expected = 0;
            for (long i = acknowledged + 1; i <= index; i++) {
                expected += i;
            }
            assertThat(peer.inflightBytes()).isEqualTo(expected);
        }
    }

    @Test
    void aFollowerThatAnswersNothingNeitherStallsTheGroupNorStaysInTheLeadersMemory() {
        lab.elect(1);
        lab.cut = DEAF_3;
        for (int i = 0; i < 300; i++) {
            lab.step(1, new RaftEvent.Propose(List.of(payload(i))));
            lab.settle();
        }
        assertThat(lab.status(1).commit()).isEqualTo(lab.status(1).lastIndex());
        assertThat(lab.status(1).applied()).isEqualTo(lab.status(1).lastIndex());
        EntryWindow window = new EntryWindow(lab.log(1));
        assertThat(window.isBehindWindow(window.lastIndex())).isTrue();
        // It is caught up from the log once it answers again.
        lab.cut = message -> false;
        lab.advance(1_000);
        assertThat(lab.status(3).applied()).isEqualTo(lab.status(1).applied());
    }

    @Test
    void theWindowHoldsOnlyWhatIsNotAppliedYet() {
        MemoryLog log = new MemoryLog();
        EntryWindow window = new EntryWindow(log);
        for (long index = 1; index <= 100; index++) {
            window.append(new LogEntry(index, 1, LogEntry.Kind.NORMAL, payload((int) index)));
        }
        log.persist(window.hand(1, null));
        window.persisted(1);
        window.release(60);
        assertThat(window.isBehindWindow(60)).isTrue();
        assertThat(window.isBehindWindow(61)).isFalse();
        List<LogEntry> all = new ArrayList<>(window.range(1, 101, Long.MAX_VALUE));
        assertThat(all).hasSize(100);
        assertThat(window.termAt(60)).isEqualTo(1);
        window.truncateFrom(90);
        window.append(new LogEntry(90, 2, LogEntry.Kind.NORMAL, payload(1)));
        window.release(100);
        assertThat(window.isBehindWindow(90)).as("not durable, so not released").isFalse();
        assertThat(window.lastTerm()).isEqualTo(2);
        assertThat(window.termAt(89)).isEqualTo(1);
    }

    private static Progress replicating(int appendsMax, long bytesMax) {
        RaftSettings base = Lab.SETTINGS;
        Progress peer = new Progress(
                2,
                false,
                10,
                new RaftSettings(
                        base.tickMillis(),
                        base.heartbeatMillis(),
                        base.electionMillisMin(),
                        base.leaseMillis(),
                        base.entriesBytesMax(),
                        appendsMax,
                        bytesMax,
                        base.logEntriesKept()),
                0);
        peer.matched(9, 0, 1);
        return peer;
    }

    private static byte[] payload(int number) {
        byte[] bytes = new byte[ENTRY_BYTES];
        byte[] text = Integer.toString(number).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(text, 0, bytes, 0, text.length);
        return bytes;
    }
}
