package io.flotilla.node.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.MemoryEngine;
import io.flotilla.node.storage.StorageException;
import io.flotilla.node.transport.SnapshotChunk;
import io.flotilla.node.transport.SnapshotVerdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How many snapshots leave a store at a time, how fast, and what happens when one does not get through. */
class SnapshotSendingTest {
    private static final int SENDING_MAX = 2;
    private static final NodeId TO = new NodeId(2);

    private record Sent(SnapshotChunk chunk, Consumer<SnapshotVerdict> answered) {}

    private record Due(long millis, long order, Runnable task) {}

    private final MemoryEngine engine = new MemoryEngine();
    private final ArrayDeque<Sent> wire = new ArrayDeque<>();
    private final PriorityQueue<Due> timer =
            new PriorityQueue<>(java.util.Comparator.comparingLong(Due::millis).thenComparingLong(Due::order));
    private final List<String> ends = new ArrayList<>();
    private final List<StorageException> unreadable = new ArrayList<>();
    private long nowMillis;
    private long orders;

    private final SnapshotSending sending = new SnapshotSending(
            new FlowSettings(1, 1, 1L << 40, SENDING_MAX, 1),
            new SnapshotSending.Tools(
                    (to, chunk, answered) -> wire.add(new Sent(chunk, answered)),
                    Runnable::run,
                    (millis, task) -> timer.add(new Due(nowMillis + millis, orders++, task)),
                    unreadable::add));

    SnapshotSendingTest() {
        try (Engine.Batch batch = engine.newBatch()) {
            for (int i = 0; i < 100; i++) {
                batch.put(Engine.Space.DATA, ("key" + i).getBytes(StandardCharsets.UTF_8), new byte[10_000]);
            }
            engine.write(batch);
        }
    }

    @Test
    void theNextChunkLeavesWhenTheLastWasTakenAndTheEndIsToldOnce() {
        begin(1);
        int chunks = 0;
        while (!wire.isEmpty()) {
            assertThat(wire).hasSize(1);
            Sent sent = wire.poll();
            assertThat(sent.chunk().sequence()).isEqualTo(chunks++);
            sent.answered().accept(SnapshotVerdict.TAKEN);
        }
        assertThat(chunks).isEqualTo(1_000_000 / ChunkData.TARGET_BYTES + 1);
        assertThat(ends).containsExactly("1 through");
        assertThat(sending.sending()).isZero();
    }

    @Test
    void whoComesWhenAllPlacesAreTakenWaitsItsTurn() {
        List<Integer> turns = new ArrayList<>();
        begin(1);
        begin(2);
        assertThat(sending.admit(3, 2, () -> turns.add(3))).isFalse();
        assertThat(sending.admit(4, 2, () -> turns.add(4))).isFalse();
        assertThat(turns).isEmpty();
        finishOne();
        assertThat(turns).containsExactly(3);
        assertThat(sending.admit(3, 2, () -> {})).isTrue();
        finishOne();
        assertThat(turns).containsExactly(3, 4);
    }

    @Test
    void aTurnThatIsDeclinedOrNotUsedGoesToTheNext() {
        List<Integer> turns = new ArrayList<>();
        assertThat(sending.admit(1, 2, () -> {})).isTrue();
        assertThat(sending.admit(2, 2, () -> {})).isTrue();
        sending.admit(3, 2, () -> turns.add(3));
        sending.admit(4, 2, () -> turns.add(4));
        sending.decline(1, 2);
        assertThat(turns).containsExactly(3);
        sending.tick(System.nanoTime() + 60_000_000_000L);
        assertThat(turns).containsExactly(3, 4);
    }

    @Test
    void aChunkThatIsNotAnsweredIsSentAgain() {
        begin(1);
        for (int i = 0; i < 5; i++) {
            Sent first = wire.remove();
            first.answered().accept(SnapshotVerdict.UNANSWERED);
            assertThat(wire).isEmpty();
            advance(500);
            assertThat(wire.element().chunk()).isSameAs(first.chunk());
        }
        wire.remove().answered().accept(SnapshotVerdict.TAKEN);
        assertThat(wire.element().chunk().sequence()).isEqualTo(1);
        assertThat(ends).isEmpty();
    }

    @Test
    void aPeerThatStaysAwayIsGivenUpAndTriedAgainAfterAPause() {
        begin(1);
        for (int i = 0; i < 100 && !wire.isEmpty(); i++) {
            wire.remove().answered().accept(SnapshotVerdict.UNANSWERED);
            advance(500);
        }
        assertThat(sending.sending()).isZero();
        advance(10_000);
        assertThat(ends).containsExactly("1 failed");
    }

    @Test
    void whoIsToldToComeLaterWaitsLongerEachTime() {
        long last = 0;
        for (int i = 0; i < 3; i++) {
            begin(1);
            wire.remove().answered().accept(SnapshotVerdict.LATER);
            assertThat(sending.sending()).isZero();
            long before = nowMillis;
            while (ends.size() <= i) {
                advance(100);
            }
            assertThat(nowMillis - before).isGreaterThan(last);
            last = nowMillis - before;
        }
    }

    @Test
    void itIsThroughOnlyWhenItIsInstalled() {
        begin(1);
        while (!wire.element().chunk().last()) {
            wire.remove().answered().accept(SnapshotVerdict.TAKEN);
        }
        for (int i = 0; i < 20; i++) {
            wire.remove().answered().accept(SnapshotVerdict.INSTALLING);
            assertThat(ends).isEmpty();
            advance(1_000);
        }
        wire.remove().answered().accept(SnapshotVerdict.TAKEN);
        assertThat(ends).containsExactly("1 through");
    }

    /** It stands still for a while now and then: it verifies what it has, or others keep its disk busy. */
    @Test
    void aPeerThatAnswersNowAndThenWhileItInstallsIsNotGivenUp() {
        begin(1);
        while (!wire.element().chunk().last()) {
            wire.remove().answered().accept(SnapshotVerdict.TAKEN);
        }
        for (int i = 0; i < 20; i++) {
            wire.remove().answered().accept(SnapshotVerdict.UNANSWERED);
            advance(1_000);
            wire.remove().answered().accept(SnapshotVerdict.INSTALLING);
            advance(1_000);
        }
        wire.remove().answered().accept(SnapshotVerdict.TAKEN);
        assertThat(ends).containsExactly("1 through");
    }

    @Test
    void oneThatIsGivenUpForANewerOneIsNotToldOf() {
        begin(1);
        Sent old = wire.remove();
        begin(1);
        assertThat(sending.sending()).isEqualTo(1);
        old.answered().accept(SnapshotVerdict.REFUSED);
        assertThat(wire).hasSize(1);
        advance(60_000);
        assertThat(ends).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whateverFailsWhileItIsReadItsPlaceAndItsCursorsAreGivenBack(Throwable failure) {
        FailingCursor cursor = new FailingCursor(failure);
        assertThat(sending.admit(1, 2, () -> {})).isTrue();
        sending.send(
                SnapshotInboxTest.header(1, 100),
                TO,
                List.of(new SnapshotSending.Part(Engine.Space.DATA, cursor)),
                success -> ends.add(success ? "through" : "failed"));
        assertThat(sending.sending()).isZero();
        assertThat(cursor.closed).isTrue();
        advance(1_000);
        assertThat(ends).containsExactly("failed");
        assertThat(unreadable.contains(failure)).as("damage is told").isEqualTo(failure instanceof StorageException);
    }

    static Stream<Throwable> failures() {
        return Stream.of(
                new StorageException("unreadable", new IOException()),
                new IllegalStateException("nobody thought of this"),
                new NoClassDefFoundError("nor of this"));
    }

    /** Never at its end. */
    private static class EndlessCursor implements Engine.Cursor {
        boolean closed;

        @Override
        public boolean isValid() {
            return true;
        }

        @Override
        public byte[] key() {
            return new byte[10];
        }

        @Override
        public byte[] value() {
            return new byte[10_000];
        }

        @Override
        public void next() {
            // There is always one more.
        }

        @Override
        public void seek(byte[] target) {
            // It is there already.
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static final class FailingCursor extends EndlessCursor {
        private final Throwable failure;

        FailingCursor(Throwable failure) {
            this.failure = failure;
        }

        @Override
        public byte[] key() {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failure;
        }
    }

    @Test
    void whatFailedAndIsNotTriedAgainIsForgotten() {
        for (int range = 1; range <= 10; range++) {
            begin(range);
            wire.remove().answered().accept(SnapshotVerdict.REFUSED);
        }
        sending.tick(System.nanoTime());
        assertThat(sending.remembered()).isEqualTo(10);
        sending.tick(System.nanoTime() + 120_000_000_000L);
        assertThat(sending.remembered()).isZero();
    }

    @Test
    void anEngineThatIsAboutToCloseIsHeldByNoSnapshot() {
        EndlessCursor underWay = new EndlessCursor();
        EndlessCursor late = new EndlessCursor();
        sending.send(
                SnapshotInboxTest.header(1, 100),
                TO,
                List.of(new SnapshotSending.Part(Engine.Space.DATA, underWay)),
                ended -> {});
        assertThat(wire).hasSize(1);
        assertThat(underWay.closed).isFalse();
        sending.close();
        sending.send(
                SnapshotInboxTest.header(2, 100),
                TO,
                List.of(new SnapshotSending.Part(Engine.Space.DATA, late)),
                ended -> {});
        assertThat(underWay.closed).isTrue();
        assertThat(late.closed).isTrue();
        assertThat(sending.sending()).isZero();
    }

    @Test
    void soManyBytesASecondAndAFewAtOnce() {
        BytePace pace = new BytePace(1_000_000, 0);
        assertThat(pace.takeNanos(250_000, 0)).isZero();
        assertThat(pace.takeNanos(100_000, 0)).isZero();
        assertThat(pace.takeNanos(100_000, 0)).isEqualTo(100_000_000);
        assertThat(pace.takeNanos(100_000, 0)).isEqualTo(200_000_000);
        assertThat(pace.takeNanos(1, 10_000_000_000L)).isZero();
    }

    private void begin(long range) {
        assertThat(sending.admit(range, 2, () -> {})).isTrue();
        Engine.Cursor all = engine.cursor(Engine.Space.DATA, new byte[0], new byte[] {(byte) 0xFF});
        sending.send(
                SnapshotInboxTest.header(range, 100),
                TO,
                List.of(new SnapshotSending.Part(Engine.Space.DATA, all)),
                success -> ends.add(range + (success ? " through" : " failed")));
    }

    private void finishOne() {
        int before = ends.size();
        while (ends.size() == before) {
            wire.remove().answered().accept(SnapshotVerdict.TAKEN);
        }
    }

    private void advance(long millis) {
        long until = nowMillis + millis;
        while (!timer.isEmpty() && timer.element().millis() <= until) {
            Due due = timer.remove();
            nowMillis = due.millis();
            due.task().run();
        }
        nowMillis = until;
    }
}
