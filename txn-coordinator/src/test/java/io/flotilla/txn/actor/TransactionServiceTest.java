package io.flotilla.txn.actor;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorSystem;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.time.WallClock;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.txn.coordinator.ConflictResolver;
import io.flotilla.txn.coordinator.TxnCoordinator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransactionServiceTest {
    private static final Key A = Key.of("a");
    private static final Key B = Key.of("b");
    private static final TxnId ID = new TxnId(1, 1);
    private static final TxnMeta HOLDER = new TxnMeta(ID, A, new Timestamp(9), 1);

    private record Sent(KvBatch batch, Consumer<KvReply> callback, Thread by) {}

    private final BlockingQueue<Sent> sent = new LinkedBlockingQueue<>();
    private final KvSender sender = (batch, callback) -> sent.add(new Sent(batch, callback, Thread.currentThread()));
    private final HybridClock clock = new HybridClock(WallClock.system(), 250_000);
    private final ActorSystem<CoordinatorActor.Command> system =
            ActorSystem.create(CoordinatorActor.create(sender, clock, TxnSettings.DEFAULT), "coordinator");
    private final TransactionService service = new TransactionService(system, sender, clock, TxnSettings.DEFAULT);

    @AfterEach
    void stop() {
        system.terminate();
    }

    @Test
    void oneRangeCommitNeverMeetsTheActor() throws Exception {
        List<TxnCoordinator.CommitReply> replies = new ArrayList<>();
        service.commit(request(5_000_000), replies::add);
        Sent stage = take();
        assertThat(stage.by()).isSameAs(Thread.currentThread());
        reply(stage, ended(TxnStatus.COMMITTED));
        assertThat(replies).containsExactly(committed(stage));
    }

    @Test
    void parallelCommitIsAnsweredFromTheReplyAndCleanedUpByTheActor() throws Exception {
        List<TxnCoordinator.CommitReply> replies = new ArrayList<>();
        service.commit(request(5_000_000), replies::add);
        Sent stage = take();
        reply(stage, ended(TxnStatus.STAGING));
        assertThat(replies).containsExactly(committed(stage));
        Sent explicit = take();
        assertThat(explicit.by()).isNotSameAs(Thread.currentThread());
        assertThat(explicit.batch().ops()).hasSize(2).first().isInstanceOf(KvOp.EndTxn.class);
        reply(explicit, KvResult.Acknowledged.INSTANCE);
        Sent others = take();
        assertThat(others.batch().ops()).hasSize(1).first().isInstanceOf(KvOp.ResolveIntent.class);
        reply(others, KvResult.Acknowledged.INSTANCE);
        assertThat(take().batch().ops()).containsExactly(new KvOp.ForgetTxn(A, ID));
    }

    @Test
    void longCommitIsKeptAliveByTheActor() throws Exception {
        CompletableFuture<TxnCoordinator.CommitReply> reply = new CompletableFuture<>();

        service.commit(request(30_000_000), reply::complete);
        Sent stage = take();
        assertThat(take().batch().ops()).containsExactly(new KvOp.HeartbeatTxn(A));
        reply(stage, ended(TxnStatus.COMMITTED));
        assertThat(reply.get(30, TimeUnit.SECONDS)).isEqualTo(committed(stage));
    }

    @Test
    void thoseWhoMeetOneHolderShareOnePush() throws Exception {
        BlockingQueue<ConflictResolver.Resolution> told = new LinkedBlockingQueue<>();
        service.resolve(TxnMeta.NONE, HOLDER, told::add);
        service.resolve(TxnMeta.NONE, HOLDER, told::add);
        Sent push = take();
        assertThat(push.batch().ops()).containsExactly(new KvOp.PushTxn(A, HOLDER, false));
        // The second was told to the actor before the first is answered.
        reply(push, new KvResult.Record(record(TxnStatus.ABORTED)));
        for (int i = 0; i < 2; i++) {
            assertThat(told.poll(30, TimeUnit.SECONDS))
                    .isEqualTo(new ConflictResolver.Resolution(HOLDER, TxnStatus.ABORTED, new Timestamp(10)));
        }
        assertThat(sent).isEmpty();
    }

    @Test
    void outcomeIsLookedUp() throws Exception {
        CompletableFuture<TxnCoordinator.OutcomeReply> reply = new CompletableFuture<>();
        service.outcome(ID, A, true, 5_000_000, reply::complete);
        Sent lookUp = take();
        assertThat(lookUp.batch().ops()).containsExactly(new KvOp.LookupTxn(A, ID, true));
        reply(lookUp, new KvResult.Record(record(TxnStatus.COMMITTED)));
        assertThat(reply.get(30, TimeUnit.SECONDS))
                .isEqualTo(new TxnCoordinator.Outcome(true, TxnStatus.COMMITTED, new Timestamp(10)));
    }

    private Sent take() throws InterruptedException {
        Sent next = sent.poll(30, TimeUnit.SECONDS);
        assertThat(next).as("something is sent").isNotNull();
        return next;
    }

    private static void reply(Sent to, KvResult last) {
        List<KvResult> results = new ArrayList<>();
        for (int i = 1; i < to.batch().ops().size(); i++) {
            results.add(KvResult.Acknowledged.INSTANCE);
        }
        Timestamp at = to.batch().header().timestamp();
        results.add(last instanceof KvResult.Ended ended ? new KvResult.Ended(ended.status(), at) : last);
        to.callback().accept(new KvReply.Done(results, at, List.of()));
    }

    private static KvResult ended(TxnStatus status) {
        return new KvResult.Ended(status, Timestamp.ZERO);
    }

    private static TxnCoordinator.Committed committed(Sent stage) {
        return new TxnCoordinator.Committed(
                stage.batch().header().timestamp(), stage.batch().header().txn().priority());
    }

    private static TxnRecord record(TxnStatus status) {
        return new TxnRecord(HOLDER, status, new Timestamp(10), new Timestamp(10), List.of());
    }

    private static TxnCoordinator.CommitRequest request(long timeoutMicros) {
        return new TxnCoordinator.CommitRequest(
                ID,
                A,
                Timestamp.ZERO,
                List.of(new KvOp.Put(A, Value.of("v")), new KvOp.Put(B, Value.of("v"))),
                List.of(),
                0,
                Value.EMPTY,
                timeoutMicros);
    }
}
