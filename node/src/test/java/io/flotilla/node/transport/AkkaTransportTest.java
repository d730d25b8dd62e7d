package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.ExtendedActorSystem;
import akka.remote.AddressUidExtension;
import akka.remote.RemoteActorRefProvider;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.settings.Limits;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.time.WallClock;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import scala.Option;

class AkkaTransportTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);
    private static final RangeId RANGE = new RangeId(7);

    private final Cluster cluster = new Cluster(2);

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static RaftMessage append(long round, byte[] payload) {
        List<LogEntry> entries = List.of(new LogEntry(11, 5, LogEntry.Kind.NORMAL, payload));
        return new RaftMessage.Append(1, 2, 5, 10, 5, entries, 9, round);
    }

    private static long round(Cluster.RaftArrival arrival) {
        return ((RaftMessage.Append) arrival.message()).round();
    }

    @Test
    void aCallIsServedByTheOtherNode() {
        cluster.node(1).awaitReachable(2);

        RangeReply reply = cluster.node(1).call(2, Cluster.put("a", new byte[100], 60_000));

        assertThat(reply).isEqualTo(Cluster.Node.served());
    }

    @Test
    void aCallToThisNodeDoesNotTouchTheWire() {
        Cluster.Node one = cluster.node(1);

        assertThat(one.call(1, Cluster.put("a", new byte[1], 60_000))).isEqualTo(Cluster.Node.served());
        assertThat(one.transport.stats().framesSent()).isZero();
    }

    @Test
    void aCallToANodeWithoutAddressIsProvenNotExecuted() {
        RangeReply reply = cluster.node(1).call(9, Cluster.put("a", new byte[1], 60_000));

        assertThat(reply).isEqualTo(new RangeReply.Lost(false, "the address of n9 is not known"));
    }

    @Test
    void raftMessagesArriveInOrderPackedIntoFewEnvelopes() {
        Cluster.Node one = cluster.node(1);
        Cluster.Node two = cluster.node(2);
        one.awaitReachable(2);
        long envelopesBefore = one.transport.stats().envelopesSent();

        for (int i = 0; i < 20_000; i++) {
            one.transport.sendRaft(N2, RANGE, append(i, new byte[16]));
        }
        Cluster.await("20,000 messages", () -> two.raft.size() == 20_000);

        assertThat(two.raftArrivals()).extracting(AkkaTransportTest::round).isSorted();
        assertThat(two.raftArrivals())
                .allMatch(it -> it.from().equals(N1) && it.range().equals(RANGE));
        assertThat(one.transport.stats().envelopesSent() - envelopesBefore).isLessThan(5_000);
    }

    @Test
    void messagesOfSeveralMegabytesPassAndLargerOnesAreRefusedByName() {
        Cluster.Node one = cluster.node(1);
        Cluster.Node two = cluster.node(2);
        one.awaitReachable(2);
        byte[] large = new byte[Limits.TXN_BYTES_MAX];

        assertThat(one.call(2, Cluster.put("a", large, 60_000))).isEqualTo(Cluster.Node.served());
        for (int i = 0; i < 5; i++) {
            one.transport.sendRaft(N2, RANGE, append(i, large));
        }
        Cluster.await("5 large messages", () -> two.raft.size() == 5);
        RangeReply reply = one.call(2, Cluster.put("a", new byte[9 * 1024 * 1024], 60_000));

        assertThat(reply.toString()).contains("TooLarge");
        assertThat(one.call(2, Cluster.put("a", large, 60_000))).isEqualTo(Cluster.Node.served());
    }

    @Test
    void aCallThatIsNeverAnsweredIsLostAfterItsTimeout() {
        Cluster.Node one = cluster.node(1);
        one.awaitReachable(2);
        cluster.node(2).server = reply -> {};
        long before = System.nanoTime();

        RangeReply reply = one.call(2, Cluster.put("a", new byte[1], 300));

        assertThat(reply).isEqualTo(new RangeReply.Lost(true, "timeout"));
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }

    @Test
    void callsUnderWayAreLostWhenThePeerDiesAndLaterOnesProvablyNeverLeave() {
        Cluster.Node one = cluster.node(1);
        one.awaitReachable(2);
        CountDownLatch arrived = new CountDownLatch(1);
        cluster.node(2).server = reply -> arrived.countDown();
        BlockingQueue<RangeReply> replies = new LinkedBlockingQueue<>();
        one.transport.send(N2, Cluster.put("a", new byte[1], 60_000), replies::add);
        Cluster.await("the call", () -> arrived.getCount() == 0);

        cluster.stop(2);
        Cluster.await("the loss", () -> !replies.isEmpty());

        assertThat(replies.remove())
                .isInstanceOfSatisfying(
                        RangeReply.Lost.class,
                        lost -> assertThat(lost.maybeExecuted()).isTrue());
        Cluster.await("the news", () -> one.lost.contains(N2));
        assertThat(one.transport.isReachable(N2)).isFalse();
        Cluster.await("the connection's end", () -> {
            RangeReply reply = one.call(2, Cluster.put("a", new byte[1], 60_000));
            return reply instanceof RangeReply.Lost lost && !lost.maybeExecuted();
        });
    }

    @Test
    void whoHasLostItsSupportIsNotWaitedForAlthoughItSpeaks() {
        Cluster.Node one = cluster.node(1);
        one.awaitReachable(2);
        AtomicBoolean supported = new AtomicBoolean(true);
        one.transport.trustOnly(node -> supported.get());
        cluster.node(2).server = reply -> {};
        BlockingQueue<RangeReply> replies = new LinkedBlockingQueue<>();
        one.transport.send(N2, Cluster.put("a", new byte[1], 60_000), replies::add);

        supported.set(false);
        one.transport.distrusted(N2);

        Cluster.await("the answer", () -> !replies.isEmpty());
        assertThat(replies.remove()).isInstanceOf(RangeReply.Lost.class);
        assertThat(one.transport.isReachable(N2)).isTrue();
        assertThat(one.call(2, Cluster.put("a", new byte[1], 60_000)))
                .isEqualTo(new RangeReply.Lost(false, "n2 is out of reach"));

        supported.set(true);
        cluster.node(2).server = reply -> reply.accept(Cluster.Node.served());
        assertThat(one.call(2, Cluster.put("a", new byte[1], 60_000))).isEqualTo(Cluster.Node.served());
    }

    @Test
    void aRestartedPeerIsNoticedAndServes() {
        Cluster.Node one = cluster.node(1);
        one.awaitReachable(2);
        one.call(2, Cluster.put("a", new byte[1], 60_000));

        cluster.stop(2);
        Cluster.Node two = cluster.start(2, WallClock.system());
        two.awaitReachable(1);
        one.awaitReachable(2);
        Cluster.await(
                "a served call",
                () -> one.call(2, Cluster.put("a", new byte[1], 60_000)).equals(Cluster.Node.served()));
        RangeReply back = two.call(1, Cluster.put("a", new byte[1], 60_000));

        assertThat(back).isEqualTo(Cluster.Node.served());
        assertThat(one.lost).contains(N2);
    }

    /** B80: only a new incarnation gets through again, so the old one must hear of it, to end. */
    @Test
    void aQuarantinedNodeIsToldAndItsSuccessorServes() throws InterruptedException {
        Cluster.Node one = cluster.node(1);
        Cluster.Node two = cluster.node(2);
        one.awaitReachable(2);
        two.awaitReachable(1);
        CountDownLatch told = new CountDownLatch(1);
        two.system.onQuarantined(told::countDown);

        provider(one).quarantine(provider(two).getDefaultAddress(), Option.apply(incarnation(two)), "a test");

        assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
        cluster.stop(2);
        cluster.start(2, WallClock.system()).awaitReachable(1);
        Cluster.await(
                "a served call",
                () -> one.call(2, Cluster.put("a", new byte[1], 60_000)).equals(Cluster.Node.served()));
    }

    @SuppressWarnings("deprecation") // Nothing else names a process that is in no Akka cluster.
    private static long incarnation(Cluster.Node node) {
        return AddressUidExtension.get(node.system.classic()).longAddressUid();
    }

    private static RemoteActorRefProvider provider(Cluster.Node node) {
        return (RemoteActorRefProvider) ((ExtendedActorSystem) node.system.classic()).provider();
    }

    @Test
    void aNodeWhoseClockIsTooFarAheadIsRefused() {
        Cluster.Node one = cluster.node(1);
        one.awaitReachable(2);
        cluster.stop(2);
        WallClock ahead = () -> WallClock.system().unixMicros() + 10L * Cluster.OFFSET_MICROS_MAX;
        Cluster.Node two = cluster.start(2, ahead);

        two.transport.sendRaft(N1, RANGE, append(1, new byte[1]));
        Cluster.await("refusals", () -> one.transport.stats().envelopesRefused() > 3);

        assertThat(one.raft).isEmpty();
        // The process that stopped is remembered for a second; what its successor sends does not prolong that.
        Cluster.await("silence", () -> !one.transport.isReachable(N2));
        assertThat(one.raft).isEmpty();
    }

    @Test
    void snapshotChunksFlowOneByOneWhileTheMainLaneIsBusy() {
        Cluster.Node one = cluster.node(1);
        Cluster.Node two = cluster.node(2);
        one.awaitReachable(2);
        RangeDescriptor descriptor =
                new RangeDescriptor(RANGE, 1, Span.of(Key.of("a")), List.of(new ReplicaInfo(N1, 1)), 2);
        int chunks = 40;
        AtomicInteger handedOver = new AtomicInteger();
        Queue<RangeReply> replies = new ConcurrentLinkedQueue<>();
        AtomicInteger next = new AtomicInteger();
        Runnable[] sendNext = new Runnable[1];
        sendNext[0] = () -> {
            int sequence = next.getAndIncrement();
            if (sequence < chunks) {
                SnapshotChunk chunk = new SnapshotChunk(
                        descriptor,
                        1,
                        2,
                        5,
                        100,
                        5,
                        StateChecksum.EMPTY,
                        Timestamp.ZERO,
                        sequence,
                        sequence == chunks - 1,
                        new byte[1024 * 1024]);
                one.transport.sendSnapshot(N2, chunk, verdict -> {
                    handedOver.incrementAndGet();
                    sendNext[0].run();
                });
            }
        };
        long before = System.nanoTime();
        sendNext[0].run();
        while (handedOver.get() < chunks && System.nanoTime() - before < 60_000_000_000L) {
            replies.add(one.call(2, Cluster.put("k", new byte[100], 60_000)));
        }

        Cluster.await("all chunks", () -> two.chunks.size() == chunks);
        assertThat(two.chunks).extracting(SnapshotChunk::sequence).isSorted();
        assertThat(handedOver).hasValue(chunks);
        assertThat(replies).allMatch(Cluster.Node.served()::equals);
    }

    /** The record of one transaction may be that large, and as long as it stayed no snapshot of its range got through. */
    @Test
    void aSnapshotChunkWithTheLargestRecordPasses() {
        Cluster.Node one = cluster.node(1);
        Cluster.Node two = cluster.node(2);
        one.awaitReachable(2);
        SnapshotChunk chunk = new SnapshotChunk(
                new RangeDescriptor(RANGE, 1, Span.of(Key.of("a")), List.of(new ReplicaInfo(N1, 1)), 2),
                1,
                2,
                5,
                100,
                5,
                StateChecksum.EMPTY,
                Timestamp.ZERO,
                0,
                true,
                new byte[Limits.TXN_BYTES_MAX + 512 * 1024]);
        one.transport.sendSnapshot(N2, chunk, verdict -> {});
        Cluster.await("the chunk", () -> two.chunks.size() == 1);
    }

    @Test
    void repliesMayComeFromAnyThreadAndInAnyOrder() throws InterruptedException {
        Cluster.Node one = cluster.node(1);
        one.awaitReachable(2);
        Queue<Consumer<RangeReply>> held = new ConcurrentLinkedQueue<>();
        cluster.node(2).server = held::add;
        Queue<Integer> answered = new ConcurrentLinkedQueue<>();
        CountDownLatch all = new CountDownLatch(100);
        for (int i = 0; i < 100; i++) {
            int number = i;
            RangeRequest request = Cluster.put("k" + i, new byte[1], 60_000);
            one.transport.send(N2, request, reply -> {
                answered.add(number);
                all.countDown();
            });
        }
        Cluster.await("100 calls", () -> held.size() == 100);

        new Thread(() -> held.forEach(it -> it.accept(new RangeReply.RangeUnknown()))).start();

        assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(answered).hasSize(100).doesNotHaveDuplicates();
    }
}
