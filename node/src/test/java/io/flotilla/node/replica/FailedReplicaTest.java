package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.ReadMode;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A replica that stops because of a bug: who asks it something just then does not wait for an answer until the deadline. */
class FailedReplicaTest {
    private static final long SECONDS_MAX = 20;

    private final ActorTestKit kit = ActorTestKit.create();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final BlockingQueue<RangeReply> replies = new LinkedBlockingQueue<>();
    private final CountDownLatch busy = new CountDownLatch(1);
    private final CountDownLatch asked = new CountDownLatch(1);

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private ActorRef<ReplicaActor.Command> spawn(Supplier<Replica> replica) {
        return kit.spawn(ReplicaActor.create(replica, new IdleDoor(failures::add), Runnable::run));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Replica failWhenAsked() {
        busy.countDown();
        await(asked);
        throw new IllegalStateException("a bug");
    }

    private void assertThatOneWhoAsksIsTurnedAway(ActorRef<ReplicaActor.Command> actor) throws InterruptedException {
        await(busy);
        KvBatch batch = new KvBatch(KvHeader.standalone(1_000_000), List.of(ReplicaLab.get("k")));
        actor.tell(new ReplicaActor.Serve(new RangeRequest(ReplicaLab.RANGE, 1, batch), replies::add));
        asked.countDown();
        assertThat(replies.poll(SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo(new RangeReply.RangeUnknown());
        assertThat(failures).singleElement().isInstanceOf(IllegalStateException.class);
        kit.createTestProbe().expectTerminated(actor);
    }

    @Test
    void whoAsksWhileItFailsIsTurnedAway() throws InterruptedException {
        ReplicaLab lab = new ReplicaLab(3, FlowSettings.DEFAULT, ReadMode.LEASE);
        lab.lead(1);
        ActorRef<ReplicaActor.Command> actor = spawn(() -> lab.node(1).replica);
        actor.tell(new ReplicaActor.Look(look -> failWhenAsked()));
        assertThatOneWhoAsksIsTurnedAway(actor);
    }

    @Test
    void whoWakesOneThatCannotBeMadeIsTurnedAway() throws InterruptedException {
        assertThatOneWhoAsksIsTurnedAway(spawn(this::failWhenAsked));
    }
}
