package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicInteger flushes = new AtomicInteger();
    private final AtomicBoolean reachable = new AtomicBoolean(true);
    private final Envelope.Header header =
            new Envelope.Header(new NodeId(1), new NodeId(2), 99, new Timestamp(5), "akka://x@y:1");
    private final Outbox outbox = new Outbox(
            TransportSettings.DEFAULT, new TransportStats(), () -> header, flushes::incrementAndGet, reachable::get);
    private final ByteBuffer buffer = ByteBuffer.allocate(Limits.FRAME_BYTES_MAX);

    private static OutFrame timeoutNow(long term) {
        return new OutFrame.Raft(new RangeId(1), new RaftMessage.TimeoutNow(1, 2, term, Timestamp.ZERO));
    }

    private static PendingCall call(long id, int bytes, List<RangeReply> replies) {
        return new PendingCall(id, Cluster.put("k", new byte[bytes], 1_000), replies::add, SECOND, SECOND);
    }

    private Envelope drain() {
        buffer.clear();
        outbox.new Flush().encode(buffer);
        buffer.flip();
        return EnvelopeCodec.decode(buffer);
    }

    @Test
    void whatWaitsLeavesInOneEnvelopeInOrderAfterOneFlush() {
        for (int term = 1; term <= 100; term++) {
            outbox.offer(timeoutNow(term));
        }

        Envelope envelope = drain();

        assertThat(flushes).hasValue(1);
        assertThat(envelope.header()).isEqualTo(header);
        assertThat(envelope.frames()).hasSize(100);
        assertThat(envelope.frames())
                .extracting(frame -> ((Frame.Raft) frame).message().term())
                .isSorted();
        outbox.offer(timeoutNow(101));
        assertThat(flushes).hasValue(2);
    }

    @Test
    void anEnvelopeIsClosedAtItsSoftLimitAndTheRestFollows() {
        List<RangeReply> replies = new ArrayList<>();
        for (int id = 1; id <= 3; id++) {
            outbox.offer(call(id, TransportSettings.DEFAULT.envelopeBytesSoft(), replies));
        }

        assertThat(drain().frames()).hasSize(1);
        assertThat(flushes).hasValue(2);
        assertThat(drain().frames()).hasSize(1);
        assertThat(drain().frames()).hasSize(1);
    }

    @Test
    void aCallThatFailedBeforeItLeftNeverLeavesAndIsProvenNotExecuted() {
        List<RangeReply> replies = new ArrayList<>();
        PendingCall cancelled = call(1, 10, replies);
        outbox.offer(cancelled);
        outbox.offer(call(2, 10, replies));

        cancelled.fail("gone");

        assertThat(drain().frames())
                .extracting(frame -> ((Frame.Call) frame).callId())
                .containsExactly(2L);
        assertThat(replies).containsExactly(new RangeReply.Lost(false, "gone"));
    }

    @Test
    void aCallThatLeftMayHaveBeenExecutedAndIsAnsweredOnce() {
        List<RangeReply> replies = new ArrayList<>();
        PendingCall call = call(1, 10, replies);
        outbox.offer(call);
        drain();

        call.fail("silence");
        call.complete(new RangeReply.RangeUnknown());

        assertThat(replies).containsExactly(new RangeReply.Lost(true, "silence"));
    }

    @Test
    void aFrameThatFitsNoEnvelopeIsAnsweredAndDoesNotBlockTheOthers() {
        List<RangeReply> replies = new ArrayList<>();
        outbox.offer(timeoutNow(1));
        outbox.offer(call(1, Limits.FRAME_BYTES_MAX, replies));
        outbox.offer(timeoutNow(2));

        List<Frame> frames = new ArrayList<>(drain().frames());
        frames.addAll(drain().frames());

        assertThat(frames)
                .extracting(frame -> ((Frame.Raft) frame).message().term())
                .containsExactly(1L, 2L);
        assertThat(replies).singleElement().asString().contains("TooLarge");
    }

    @Test
    void aLostFlushIsRepeatedAndASilentOutboxPings() {
        outbox.offer(timeoutNow(1));
        outbox.tick(System.nanoTime() + SECOND);
        assertThat(flushes).hasValue(2);
        assertThat(drain().frames()).hasSize(1);

        outbox.tick(System.nanoTime() + SECOND);

        assertThat(flushes).hasValue(3);
        assertThat(drain().frames()).isEmpty();
    }

    @Test
    void raftMessagesForAPeerOutOfReachAreDroppedButCallsStay() {
        List<RangeReply> replies = new ArrayList<>();
        reachable.set(false);
        outbox.offer(timeoutNow(1));
        outbox.offer(call(1, 10, replies));

        outbox.tick(System.nanoTime() + 10 * SECOND);

        assertThat(drain().frames()).hasSize(1).allMatch(Frame.Call.class::isInstance);
        assertThat(replies).isEmpty();
    }

    @Test
    void aWordOfLivenessLeavesBeforeAllThatWaitsEvenIfTooMuchDoes() {
        List<RangeReply> replies = new ArrayList<>();
        int id = 0;
        while (outbox.offer(call(id, 1024 * 1024, replies))) {
            id++;
        }
        outbox.offerFirst(new OutFrame.Liveness(new LivenessMessage.Resign(1, Timestamp.ZERO)));
        outbox.offerFirst(new OutFrame.Liveness(new LivenessMessage.Resign(2, Timestamp.ZERO)));

        List<Frame> frames = drain().frames();

        assertThat(frames.get(0)).isEqualTo(new Frame.Liveness(new LivenessMessage.Resign(1, Timestamp.ZERO)));
        assertThat(frames.get(1)).isEqualTo(new Frame.Liveness(new LivenessMessage.Resign(2, Timestamp.ZERO)));
        assertThat(frames.get(2)).isInstanceOf(Frame.Call.class);
    }

    @Test
    void ofWordsOfLivenessOnlyTheLatestFewWait() {
        for (int epoch = 1; epoch <= 1_000; epoch++) {
            outbox.offerFirst(new OutFrame.Liveness(new LivenessMessage.Resign(epoch, Timestamp.ZERO)));
        }

        assertThat(flushes).hasValue(1);
        assertThat(drain().frames())
                .hasSize(16)
                .last()
                .isEqualTo(new Frame.Liveness(new LivenessMessage.Resign(1_000, Timestamp.ZERO)));
        outbox.offerFirst(new OutFrame.Liveness(new LivenessMessage.Resign(1_001, Timestamp.ZERO)));
        assertThat(flushes).hasValue(2);
    }

    @Test
    void whatWaitsIsBounded() {
        List<RangeReply> replies = new ArrayList<>();
        int accepted = 0;
        while (outbox.offer(call(accepted, 4 * 1024 * 1024, replies))) {
            accepted++;
        }

        assertThat(accepted).isBetween(10, 20);
    }

    /** Its socket does not drain, but it goes on asking for large values. */
    @Test
    void whatIsAnsweredToAPeerThatTakesNothingIsBoundedInBytes() {
        Value value = Value.wrap(new byte[1024 * 1024]);
        KvResult.Row row = new KvResult.Row(Key.of("k"), value);
        List<KvReply> large = List.of(
                done(new KvResult.Got(value, Timestamp.ZERO)),
                done(new KvResult.Scanned(List.of(row, row), null)),
                new KvReply.Refused(new KvError.ConditionFailed(Key.of("k"), value)));
        int accepted = 0;
        while (accepted < 1_000
                && outbox.offer(new OutFrame.Reply(
                        outbox, accepted, new RangeReply.Served(large.get(accepted % large.size()))))) {
            accepted++;
        }

        assertThat(accepted).isBetween(40, 65);
    }

    private static KvReply done(KvResult result) {
        return new KvReply.Done(List.of(result), Timestamp.ZERO, List.of());
    }

    /** The encoding thread is overtaken by one that evaluates; whoever gets the envelope must know of all clocks that its frames tell of. */
    @Test
    void theClockOfAnEnvelopeIsAboveWhatCameWhileItWasPacked() {
        AtomicLong clock = new AtomicLong(100);
        Deque<Runnable> meanwhile = new ArrayDeque<>();
        Outbox packed = new Outbox(
                TransportSettings.DEFAULT,
                new TransportStats(),
                () -> {
                    Envelope.Header read = header.at(new Timestamp(clock.incrementAndGet()));
                    Runnable next = meanwhile.poll();
                    if (next != null) {
                        next.run();
                    }
                    return read;
                },
                flushes::incrementAndGet,
                reachable::get);
        List<Timestamp> told = new ArrayList<>();
        Runnable tell = () -> {
            Timestamp served = new Timestamp(clock.incrementAndGet());
            told.add(served);
            packed.offer(new OutFrame.Raft(new RangeId(1), new RaftMessage.TimeoutNow(1, 2, 7, served)));
        };
        tell.run();
        meanwhile.add(tell);

        packed.new Flush().encode(buffer);
        buffer.flip();
        Envelope envelope = EnvelopeCodec.decode(buffer);

        assertThat(envelope.frames()).hasSize(2);
        assertThat(told).hasSize(2).allMatch(envelope.header().clock()::isAfter);
        assertThat(envelope.header().address()).isEqualTo(header.address());
    }
}
