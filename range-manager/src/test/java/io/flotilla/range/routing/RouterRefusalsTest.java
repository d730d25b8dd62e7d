package io.flotilla.range.routing;

import static io.flotilla.range.routing.Ranges.N1;
import static io.flotilla.range.routing.Ranges.N2;
import static io.flotilla.range.routing.Ranges.N3;
import static io.flotilla.range.routing.RouterFixture.batch;
import static io.flotilla.range.routing.RouterFixture.get;
import static io.flotilla.range.routing.RouterFixture.put;
import static io.flotilla.range.routing.RouterFixture.transactional;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Batches within one range: what the router learns from each kind of refusal, and when it gives up. */
class RouterRefusalsTest {
    private final RouterFixture f = RouterFixture.warm();

    @Test
    void aBatchWithinOneCachedRangeIsOneMessageToItsLeaseholder() {
        f.done(batch(put("a", "1"), get("b")));
        assertThat(f.cluster.targets()).containsExactly("n1:r2@1");
    }

    @Test
    void withoutAKnownLeaseholderTheOwnReplicaIsAskedFirst() {
        RouterFixture cold = new RouterFixture();
        cold.cluster.leaseholders.put(new RangeId(2), N3);
        cold.cluster.leaseholders.put(RangeId.META, N2);
        cold.done(batch(get("a")));
        cold.done(batch(get("a")));
        assertThat(cold.cluster.targets()).containsExactly("n2:r1@1", "n2:r2@1", "n3:r2@1", "n3:r2@1");
    }

    @Test
    void aHintIsFollowedAndRemembered() {
        f.cluster.leaseholders.put(new RangeId(2), N3);
        f.done(batch(get("a")));
        f.done(batch(get("a")));
        assertThat(f.cluster.targets()).containsExactly("n1:r2@1", "n3:r2@1", "n3:r2@1");
    }

    @Test
    void hintsInACircleEndWithARoundAndTheNextRoundComesAfterAPause() {
        f.cluster.script = (node, request) ->
                f.cluster.sent.size() < 10 ? new RangeReply.NotLeaseholder(node.equals(N1) ? N2 : N1) : null;
        f.done(batch(get("a")));
        List<FakeCluster.Sent> sent = f.cluster.sent;
        assertThat(sent.subList(0, 3)).extracting(FakeCluster.Sent::node).containsExactly(N1, N2, N3);
        assertThat(sent.get(3).at() - sent.get(2).at()).isGreaterThan(FakeCluster.LATENCY_MICROS);
    }

    @Test
    void noLeaseholderUntilTheDeadlineIsUnavailableAndTellsWhoSaidWhat() {
        f.cluster.script = (node, request) -> new RangeReply.NotLeaseholder(NodeId.NONE);
        KvError error = f.refused(batch(get("a")));
        assertThat(error).isInstanceOf(KvError.Unavailable.class);
        assertThat(((KvError.Unavailable) error).reason()).isEqualTo("NO_LEASEHOLDER");
        assertThat(error.message())
                .contains("r2")
                .contains("n1 (")
                .contains("n2 (")
                .contains("n3 (");
        assertThat(error.provenNotExecuted()).isTrue();
        assertThat(f.cluster.sent).as("doubling pauses").hasSizeBetween(15, 90);
    }

    @Test
    void noQuorumIsToldAtOnceAfterTheOthersWereTriedOnce() {
        f.cluster.script = (node, request) ->
                node.equals(N1) ? new RangeReply.NoQuorum("2 of 3 silent") : new RangeReply.Lost(false, "unreachable");
        KvError error = f.refused(batch(put("a", "1")));
        assertThat(error).isInstanceOf(KvError.Unavailable.class);
        assertThat(((KvError.Unavailable) error).reason()).isEqualTo("NO_QUORUM");
        assertThat(f.cluster.sent).hasSize(3);
        assertThat(error.provenNotExecuted()).isTrue();
    }

    @Test
    void aDeposedLeaderWithoutQuorumDoesNotHideTheNewOne() {
        f.cluster.leaseholders.put(new RangeId(2), N3);
        f.cluster.script = (node, request) -> node.equals(N1) ? new RangeReply.NoQuorum("cut off") : null;
        f.done(batch(put("a", "1")));
        assertThat(f.cluster.sent).extracting(FakeCluster.Sent::node).containsExactly(N1, N2, N3);
    }

    @Test
    void followersThatPointAtTheLeaderWithoutQuorumAreNoSignOfAnother() {
        f.cluster.script = (node, request) ->
                node.equals(N1) ? new RangeReply.NoQuorum("stuck") : new RangeReply.NotLeaseholder(N1);
        KvError.Unavailable error = (KvError.Unavailable) f.refused(batch(put("a", "1")));
        assertThat(error.reason()).isEqualTo("NO_QUORUM");
        assertThat(f.cluster.sent).hasSize(3);
    }

    @Test
    void whileAMajorityMayStillElectALeaderNoQuorumIsNotTheLastWord() {
        f.cluster.script = (node, request) -> {
            if (f.cluster.sent.size() > 6) {
                return node.equals(N2)
                        ? new RangeReply.Served(
                                new KvReply.Done(List.of(), io.flotilla.config.time.Timestamp.ZERO, List.of()))
                        : new RangeReply.NotLeaseholder(N2);
            }
            return node.equals(N1) ? new RangeReply.NoQuorum("cut off") : new RangeReply.NotLeaseholder(NodeId.NONE);
        };
        f.done(batch(put("a", "1")));
    }

    @Test
    void whatWasCertainlyNotExecutedIsSentToTheNextReplica() {
        f.cluster.leaseholders.put(new RangeId(2), N3);
        f.cluster.script = (node, request) -> node.equals(N1) ? new RangeReply.Lost(false, "down") : null;
        f.done(batch(put("a", "1")));
        assertThat(f.cluster.sent).extracting(FakeCluster.Sent::node).containsExactly(N1, N2, N3);
    }

    @Test
    void aLostWriteWithoutTransactionIsNeverSentAgain() {
        f.cluster.script = (node, request) -> new RangeReply.Lost(true, "connection reset");
        KvError error = f.refused(batch(put("a", "1")));
        assertThat(f.cluster.sent).hasSize(1);
        assertThat(error).isInstanceOf(KvError.Unavailable.class);
        assertThat(error.provenNotExecuted()).isFalse();
    }

    @Test
    void aLostWriteOfATransactionIsSentAgain() {
        f.cluster.leaseholders.put(new RangeId(2), N2);
        f.cluster.script = (node, request) -> node.equals(N1) ? new RangeReply.Lost(true, "reset") : null;
        f.done(transactional(put("a", "1")));
        assertThat(f.cluster.sent).hasSize(2);
    }

    @Test
    void lostReadsAndRecordOperationsAreSentAgain() {
        f.cluster.leaseholders.put(new RangeId(2), N2);
        f.cluster.script = (node, request) -> node.equals(N1) ? new RangeReply.Lost(true, "reset") : null;
        f.done(batch(get("a")));
        f.done(batch(new KvOp.PushTxn(Ranges.key("a"), TxnMeta.NONE, false)));
        assertThat(f.cluster.data).doesNotContainKey(Ranges.key("a"));
    }

    @Test
    void onceATryGotLostNoLaterRefusalClaimsThatNothingWasExecuted() {
        f.cluster.script = (node, request) -> f.cluster.sent.size() == 1
                ? new RangeReply.Lost(true, "reset")
                : new RangeReply.NotLeaseholder(NodeId.NONE);
        KvError error = f.refused(transactional(put("a", "1")));
        assertThat(error.provenNotExecuted()).isFalse();
    }

    /** The lost copy may come when another client has made the condition true: told "it did not hold", the caller's write would be done all the same. */
    @Test
    void afterALostTryAConditionThatDidNotHoldIsNoProofThatNothingWillBeWritten() {
        Key key = Ranges.key("a");
        f.cluster.data.put(key, Value.of("theirs"));
        KvBatch cas = transactional(new KvOp.CompareAndSet(key, Value.of("free"), Value.of("mine")));
        f.cluster.leaseholders.put(new RangeId(2), N2);
        f.cluster.script = (node, request) -> node.equals(N1) ? new RangeReply.Lost(true, "reset") : null;
        KvError error = f.refused(cas);
        f.cluster.data.put(key, Value.of("free"));
        f.cluster.arrivesLate(f.cluster.sent.get(0));
        assertThat(f.cluster.data).as("the lost copy was executed").containsEntry(key, Value.of("mine"));
        assertThat(error.provenNotExecuted()).isFalse();
    }

    /** Nor is a lock that was not free: whoever is told so writes again under another id, and the lost copy would write after that. */
    @Test
    void afterALostTryALockThatWasNotFreeIsNoProofThatNothingWillBeWritten() {
        f.cluster.script = (node, request) -> f.cluster.sent.size() == 1
                ? new RangeReply.Lost(true, "reset")
                : new RangeReply.Served(new KvReply.Refused(new KvError.LockTimeout(Ranges.key("a"), TxnMeta.NONE)));
        assertThat(f.refused(transactional(put("a", "1"))).provenNotExecuted()).isFalse();
    }

    /** Nor is an intent that was in the way of a refresh: its transaction may be aborted, and the lost copy would commit. */
    @Test
    void afterALostTryARefreshThatFailedIsNoProofThatNothingWillBeWritten() {
        f.cluster.script = (node, request) -> f.cluster.sent.size() == 1
                ? new RangeReply.Lost(true, "reset")
                : new RangeReply.Served(new KvReply.Refused(new KvError.RefreshFailed(Ranges.key("a"))));
        assertThat(f.refused(transactional(put("a", "1"))).provenNotExecuted()).isFalse();
    }

    /** What the lost copy will be told as well needs no look-up of the outcome. */
    @Test
    void afterALostTryARefusalThatLastsIsToldAsItIs() {
        List<KvError> lasting = List.of(
                new KvError.TxnAborted(new TxnId(1, 2), "by another"),
                new KvError.Pushed(Ranges.key("a"), new Timestamp(200)));
        for (KvError error : lasting) {
            RouterFixture fresh = RouterFixture.warm();
            fresh.cluster.script = (node, request) -> fresh.cluster.sent.size() == 1
                    ? new RangeReply.Lost(true, "reset")
                    : new RangeReply.Served(new KvReply.Refused(error));
            assertThat(fresh.refused(transactional(put("a", "1")))).isEqualTo(error);
        }
    }

    /** Of the part whose condition did not hold no other copy is about, so its write is missing for ever, whatever became of the others. */
    @Test
    void aConditionThatDidNotHoldAtItsOnlyTryIsAVerdictOnTheWhole() {
        f.cluster.script = (node, request) -> request.range().value() == 3 ? new RangeReply.Lost(true, "reset") : null;
        KvOp cas = new KvOp.CompareAndSet(Ranges.key("a"), Value.of("free"), Value.of("mine"));
        assertThat(f.refused(transactional(cas, put("h", "1")))).isInstanceOf(KvError.ConditionFailed.class);
    }

    @Test
    void anOverloadedAnswerAfterALostTryDoesNotHideTheTry() {
        f.cluster.script = (node, request) -> f.cluster.sent.size() == 1
                ? new RangeReply.Lost(true, "reset")
                : new RangeReply.Served(new KvReply.Refused(new KvError.Overloaded("replica", 5)));
        KvError error = f.refused(transactional(put("a", "1")));
        assertThat(error.provenNotExecuted()).isFalse();
    }

    @Test
    void aSplitUnderWayIsUnseenByTheCaller() {
        f.cluster.split("c", 10);
        f.done(batch(get("d")));
        assertThat(f.cluster.targets()).containsExactly("n1:r2@1", "n1:r10@2");
        List<FakeCluster.Sent> sent = f.cluster.sent;
        assertThat(sent.get(1).at() - sent.get(0).at()).as("no pause").isEqualTo(FakeCluster.LATENCY_MICROS);
        assertThat(f.cache.lookup(Ranges.key("a"))).contains(Ranges.range(2, 2, "", "c"));
    }

    @Test
    void aReplicaThatLagsBehindIsPassedOver() {
        f.cluster.split("c", 10);
        f.cache.insert(Ranges.range(2, 2, "", "c"));
        f.cluster.script = (node, request) ->
                node.equals(N1) ? new RangeReply.RangeMismatch(List.of(Ranges.range(2, 1, "", "g"))) : null;
        f.cluster.leaseholders.put(new RangeId(2), N3);
        f.done(batch(get("a")));
        assertThat(f.cache.lookup(Ranges.key("a"))).contains(Ranges.range(2, 2, "", "c"));
    }

    @Test
    void aRangeUnknownEverywhereIsLookedUpAgain() {
        f.cluster.truth.remove(new RangeId(2));
        RangeDescriptor successor = Ranges.range(9, 7, "", "g");
        f.cluster.put(successor);
        f.done(batch(get("a")));
        assertThat(f.cache.lookup(Ranges.key("a"))).contains(successor);
        assertThat(f.cluster.targets()).containsSubsequence("n1:r2@1", "n2:r2@1", "n3:r2@1", "n1:r1@1", "n1:r9@7");
    }

    @Test
    void aReplicaThatNeverAnswersDoesNotEatTheWholeDeadline() {
        RouterFixture slow = RouterFixture.warm();
        slow.cluster.leaseholders.put(new RangeId(2), N3);
        slow.cluster.script = (node, request) -> node.equals(N1) ? new RangeReply.Lost(false, "timeout") : null;
        slow.router.send(
                new io.flotilla.config.kv.KvBatch(
                        io.flotilla.config.kv.KvHeader.standalone(30_000_000), List.of(get("a"))),
                reply -> {});
        assertThat(slow.cluster.sent.get(0).request().batch().header().timeoutMicros())
                .isEqualTo(RoutingSettings.standard(1).attemptMicrosMax());
    }

    @Test
    void eachTryGetsOnlyTheTimeThatIsLeft() {
        f.cluster.script = (node, request) -> new RangeReply.NotLeaseholder(NodeId.NONE);
        f.refused(batch(get("a")));
        long arrival = f.cluster.sent.get(0).at();
        for (FakeCluster.Sent sent : f.cluster.sent) {
            assertThat(sent.at() + sent.request().batch().header().timeoutMicros())
                    .isEqualTo(arrival + RouterFixture.TIMEOUT_MICROS);
        }
    }

    @Test
    void aRangeThatIsNowhereToBeFoundEndsWithTheDeadlineInPhaseRoute() {
        f.cluster.script =
                (node, request) -> request.range().equals(RangeId.META) ? null : new RangeReply.RangeUnknown();
        KvError error = f.refused(batch(get("a")));
        assertThat(error).isEqualTo(new KvError.DeadlineExceeded("ROUTE", false));
    }

    @Test
    void anUnreachableMetaRangeIsToldAsSuch() {
        RouterFixture cold = new RouterFixture();
        cold.cluster.script = (node, request) -> new RangeReply.NoQuorum("alone");
        KvError error = cold.refused(batch(get("a")));
        assertThat(error).isInstanceOf(KvError.Unavailable.class);
        assertThat(((KvError.Unavailable) error).reason()).isEqualTo("NO_QUORUM");
        assertThat(((KvError.Unavailable) error).key()).isEqualTo(Ranges.key("a"));
        assertThat(cold.cluster.sent).hasSize(3);
    }

    @Test
    void withoutAMetaRangeTheClusterIsNotInitialized() {
        VirtualScheduler scheduler = new VirtualScheduler();
        Router router = new Router(f.cluster, new RangeCache(), N1, f.clock, scheduler, RoutingSettings.standard(1));
        List<KvReply> replies = new java.util.ArrayList<>();
        router.send(batch(get("a")), replies::add);
        router.send(batch(new KvOp.Get(KeySpace.node(1))), replies::add);
        assertThat(replies)
                .hasSize(2)
                .allSatisfy(reply -> assertThat(((KvError.Unavailable) ((KvReply.Refused) reply).error()).reason())
                        .isEqualTo("NOT_INITIALIZED"));
    }

    @Test
    void whoMissNeighbouringKeysTogetherShareOneLookUp() {
        RouterFixture cold = new RouterFixture();
        cold.cluster.leaseholders.put(RangeId.META, N2);
        List<KvReply> replies = new java.util.ArrayList<>();
        for (String key : List.of("a", "b", "h", "z")) {
            cold.router.send(batch(get(key)), replies::add);
        }
        cold.scheduler.advance(RouterFixture.TIMEOUT_MICROS);
        assertThat(replies).hasSize(4).allMatch(reply -> reply instanceof KvReply.Done);
        assertThat(cold.cluster.targets().stream().filter(target -> target.contains("r1@")))
                .hasSize(1);
    }

    @Test
    void aWaiterForALookUpIsAnsweredWhenItsOwnTimeIsUp() {
        RouterFixture cold = new RouterFixture();
        cold.cluster.script = (node, request) -> new RangeReply.NotLeaseholder(NodeId.NONE);
        KvError error = cold.refused(batch(get("a")));
        assertThat(error).isInstanceOf(KvError.DeadlineExceeded.class);
    }

    @Test
    void aLockWaitThatUsedUpItsShareGoesOnWithTheTimeThatIsLeft() {
        f.cluster.script = (node, request) -> f.cluster.sent.size() < 3
                ? new RangeReply.Served(new KvReply.Refused(new KvError.LockTimeout(Ranges.key("a"), TxnMeta.NONE)))
                : null;
        f.router.send(
                new io.flotilla.config.kv.KvBatch(
                        io.flotilla.config.kv.KvHeader.standalone(5_000_000), List.of(get("a"))),
                reply -> assertThat(reply).isInstanceOf(KvReply.Done.class));
        f.scheduler.advance(1_000_000);
        assertThat(f.cluster.sent).hasSize(3).allMatch(sent -> sent.node().equals(N1));
    }

    @Test
    void aLockWaitThatHadAllTheTimeIsToldAsItIs() {
        KvError timeout = new KvError.LockTimeout(Ranges.key("a"), TxnMeta.NONE);
        f.cluster.script = (node, request) -> new RangeReply.Served(new KvReply.Refused(timeout));
        assertThat(f.refused(batch(get("a")))).isEqualTo(timeout);
        assertThat(f.cluster.sent).hasSize(1);
    }

    @Test
    void learnersAndWitnessesAreNeverAsked() {
        RangeDescriptor range = Ranges.range(2, 2, "", "g")
                .with(
                        List.of(
                                new ReplicaInfo(N1, 1, ReplicaInfo.Kind.VOTER, true),
                                new ReplicaInfo(N2, 2, ReplicaInfo.Kind.LEARNER, false),
                                new ReplicaInfo(N3, 3)),
                        4);
        f.cluster.put(range);
        f.cluster.leaseholders.put(range.id(), N3);
        f.cache.insert(range);
        f.done(batch(get("a")));
        assertThat(f.cluster.targets()).containsExactly("n3:r2@3");
    }

    @Test
    void aWitnessThatIsNotAskedMayHelpAnotherLeader() {
        RangeDescriptor range = Ranges.range(2, 2, "", "g")
                .with(
                        List.of(
                                new ReplicaInfo(N1, 1),
                                new ReplicaInfo(N2, 2, ReplicaInfo.Kind.VOTER, true),
                                new ReplicaInfo(N3, 3)),
                        4);
        f.cluster.put(range);
        f.cache.insert(range);
        f.cluster.leaseholders.put(range.id(), N3);
        f.cluster.script = (node, request) -> node.equals(N1)
                ? new RangeReply.NoQuorum("cut off")
                : f.cluster.sent.size() < 4 ? new RangeReply.NotLeaseholder(NodeId.NONE) : null;
        f.done(batch(get("a")));
    }

    @Test
    void aRangeThatMovedToNodesNobodyHereHasHeardOfIsFoundThroughTheOnesItHadBefore() {
        NodeId n4 = new NodeId(4);
        RangeDescriptor moved = Ranges.META.with(List.of(new ReplicaInfo(n4, 4), new ReplicaInfo(N3, 3)), 5);
        f.cluster.put(moved);
        f.cluster.leaseholders.put(RangeId.META, n4);
        f.cluster.script = (node, request) -> {
            if (!request.range().equals(RangeId.META) || node.equals(n4)) {
                return null;
            }
            return node.equals(N3) ? new RangeReply.RangeMismatch(List.of(moved)) : new RangeReply.RangeUnknown();
        };
        KvOp read = new KvOp.Get(KeySpace.node(1));
        f.done(batch(read));
        f.cluster.sent.clear();
        f.done(batch(read));
        assertThat(f.cluster.targets()).containsExactly("n4:r1@2");
    }

    /** All nodes that had the range were replaced and are gone: nobody is left who could say where it is now. */
    @Test
    void aRangeThatMovedAwayFromNodesThatAreAllGoneIsLookedUpAgain() {
        RangeDescriptor before = f.cluster.truth.get(new RangeId(2));
        NodeId n4 = new NodeId(4);
        List<ReplicaInfo> moved =
                List.of(new ReplicaInfo(n4, 4), new ReplicaInfo(new NodeId(5), 5), new ReplicaInfo(new NodeId(6), 6));
        f.cluster.put(
                new RangeDescriptor(new RangeId(2), 10, requireNonNull(before).span(), moved, 7));
        f.cluster.leaseholders.put(new RangeId(2), n4);
        f.cluster.script = (node, request) -> request.range().equals(new RangeId(2)) && node.value() <= 3
                ? new RangeReply.Lost(false, "the address is not known")
                : null;
        f.done(batch(put("a", "1")));
        f.cluster.sent.clear();
        f.done(batch(get("b")));
        assertThat(f.cluster.targets()).containsExactly("n4:r2@10");
    }

    /**
     * The split is committed, and the meta range shows what was before: whoever is to find out about the split's intents there asks at a key of its left side,
     * which must be found although only the right side is known; and the other way round.
     */
    @Test
    void aSplitOfWhichOneSideIsKnownHidesTheOtherFromNobody() {
        for (String known : List.of("a", "d")) {
            RouterFixture half = RouterFixture.warm();
            RangeDescriptor before = Ranges.range(2, 1, "", "g");
            half.cluster.split("c", 9);
            half.cluster.data.remove(KeySpace.meta(Ranges.key("c")));
            half.cluster.data.put(KeySpace.meta(Ranges.key("g")), Value.wrap(RangeDescriptorCodec.encode(before)));
            half.cluster.truth.values().stream()
                    .filter(range -> range.span().contains(Ranges.key(known)))
                    .forEach(half.cache::insert);
            half.done(batch(get("a")));
            half.done(batch(get("d")));
            half.done(batch(get("a"), get("d")));
        }
    }
}
