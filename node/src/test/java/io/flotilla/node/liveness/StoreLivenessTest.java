package io.flotilla.node.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Support;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoreLivenessTest {
    private final LivenessLab lab = new LivenessLab(3, 7, 0);

    private long received(int by, int from) {
        LivenessLab.Node node = lab.node(by);
        return node.view().receivedEpoch(from, node.monotonic());
    }

    private long until(int supporter, int requester) {
        LivenessLab.Node node = lab.node(supporter);
        return node.view().givenUntilMicros(requester) - node.monotonic();
    }

    @Test
    void storesSupportEachOtherSoonAfterTheStart() {
        lab.run(50);
        for (int one = 1; one <= 3; one++) {
            for (int other = 1; other <= 3; other++) {
                assertThat(one == other || lab.isLive(one, other)).isTrue();
            }
        }
        assertThat(lab.facts).hasSize(6).allMatch(fact -> fact instanceof LivenessFact.Supported);
    }

    @Test
    void supportLastsAndCostsTwoMessagesPerPairAndHeartbeat() {
        lab.run(1_000);
        long before = lab.sent;
        lab.facts.clear();
        lab.run(10_000);
        assertThat(lab.facts).isEmpty();
        assertThat(lab.sent - before).isBetween(49L * 6 * 2, 51L * 6 * 2);
        long least = Long.MAX_VALUE;
        for (long millis = 0; millis < 2_000; millis += 10) {
            lab.run(10);
            for (int other = 2; other <= 3; other++) {
                long until = lab.node(1).view().receivedUntilMicros(other, 1);
                least = Math.min(least, until - lab.node(1).monotonic());
            }
        }
        assertThat(least).isGreaterThan(390_000);
    }

    @Test
    void aStoreThatDiesIsWithdrawnFromNoLaterThanTheSupportLasts() {
        lab.run(2_130);
        lab.node(1).crash();
        lab.facts.clear();
        lab.run(1_010);
        assertThat(lab.facts)
                .containsExactlyInAnyOrder(new LivenessFact.Withdrawn(1, 1), new LivenessFact.Withdrawn(1, 1));
        assertThat(lab.node(2).view().givenTo(1)).isZero();
        assertThat(lab.node(2).view().givenTo(3)).isNotZero();
    }

    @Test
    void aRestartedStoreIsKnownAsAnotherAtOnce() {
        lab.run(1_000);
        lab.facts.clear();
        lab.node(1).crash();
        lab.node(1).start();
        lab.run(30);
        assertThat(lab.node(2).view().givenTo(1)).isEqualTo(2);
        assertThat(lab.facts).contains(new LivenessFact.Withdrawn(1, 1), new LivenessFact.Supported(2, 2));
    }

    @Test
    void aRestartedStoreKeepsWhatItPromised() {
        lab.run(1_000);
        lab.node(2).crash();
        lab.run(100);
        lab.node(2).start();
        assertThat(lab.node(2).view().givenTo(1)).isEqualTo(1);
        assertThat(until(2, 1)).isEqualTo(1_000_000);
        lab.run(5_000);
        assertThat(lab.node(2).view().givenTo(1)).isEqualTo(1);
        assertThat(received(1, 2)).isEqualTo(1);
    }

    @Test
    void aRestartedStoreAnswersForBoundsThatItForgot() {
        lab.run(1_000);
        Timestamp heard = lab.node(2).view().boundOf(1, 1);
        Timestamp acknowledged = lab.node(1).view().boundAcknowledged(2, 1);
        assertThat(acknowledged).isNotEqualTo(Timestamp.ZERO).isLessThanOrEqualTo(heard);
        lab.node(2).crash();
        lab.node(2).start();
        assertThat(lab.node(2).view().boundOf(1, 1)).isGreaterThan(heard);
        assertThat(lab.node(2).view().boundOf(99, 1)).isGreaterThan(heard);
    }

    @Test
    void aCutOfOneDirectionEndsTheSupportOfBoth() {
        lab.run(2_000);
        lab.cutOneWay(1, 2);
        lab.facts.clear();
        lab.run(1_010);
        assertThat(lab.node(1).view().givenTo(2)).isZero();
        assertThat(lab.node(2).view().givenTo(1)).isZero();
        assertThat(received(1, 2)).isZero();
        assertThat(received(2, 1)).isZero();
        assertThat(lab.facts)
                .containsExactlyInAnyOrder(new LivenessFact.Withdrawn(2, 1), new LivenessFact.Withdrawn(1, 1));
        assertThat(lab.isLive(1, 3) && lab.isLive(3, 1) && lab.isLive(2, 3) && lab.isLive(3, 2))
                .isTrue();
    }

    @Test
    void supportStaysEndedWhileOneDirectionIsCut() {
        lab.run(2_000);
        lab.cutOneWay(1, 2);
        lab.run(1_100);
        lab.facts.clear();
        for (int i = 0; i < 1_000; i++) {
            lab.run(20);
            assertThat(lab.node(1).view().givenTo(2)).isZero();
            assertThat(lab.node(2).view().givenTo(1)).isZero();
        }
        assertThat(lab.facts).isEmpty();
    }

    @Test
    void supportComesBackAtAnotherEpochWhenTheCutIsMended() {
        lab.run(2_000);
        lab.cutOneWay(1, 2);
        lab.run(3_000);
        lab.mend();
        lab.run(450);
        assertThat(received(1, 2)).isGreaterThan(1);
        assertThat(received(2, 1)).isGreaterThan(1);
        assertThat(lab.node(2).view().givenTo(1)).isEqualTo(received(1, 2));
    }

    @Test
    void aStoreThatStoodStillWithdrawsFromNobody() {
        lab.run(2_000);
        lab.node(2).pause();
        lab.run(3_000);
        lab.facts.clear();
        lab.node(2).resume();
        lab.run(1_500);
        assertThat(lab.facts).noneMatch(fact -> fact instanceof LivenessFact.Withdrawn);
        assertThat(lab.node(2).view().givenTo(1)).isEqualTo(1);
        assertThat(lab.isLive(1, 2)).isTrue();
    }

    @Test
    void aStoreThatResignsReliesOnNobodyAndIsWithdrawnFromAtOnce() {
        lab.run(1_000);
        lab.facts.clear();
        LivenessLab.Node node = lab.node(1);
        node.act(() -> node.core().resign(node.now()));
        assertThat(received(1, 2)).isZero();
        lab.run(10);
        assertThat(lab.node(2).view().givenTo(1)).isZero();
        assertThat(lab.node(3).view().givenTo(1)).isZero();
        lab.run(5_000);
        assertThat(lab.node(2).view().givenTo(1)).isZero();
        assertThat(lab.isLive(1, 2) || lab.isLive(2, 1))
                .as("it still keeps its promises to others")
                .isTrue();
        assertThat(received(2, 1)).isEqualTo(1);
    }

    @Test
    void aDiskThatStandsStillEndsTheSupportAndOneThatIsWellBringsItBack() {
        lab.run(1_000);
        LivenessLab.Node node = lab.node(1);
        node.act(() -> node.core().diskStalled(node.now(), true));
        lab.run(2_000);
        assertThat(received(1, 2)).isZero();
        assertThat(lab.node(2).view().givenTo(1)).isZero();
        assertThat(received(2, 1)).isEqualTo(1);
        node.act(() -> node.core().diskStalled(node.now(), false));
        lab.run(30);
        assertThat(received(1, 2)).isEqualTo(2);
        assertThat(received(1, 3)).isEqualTo(2);
    }

    @Test
    void nothingIsWithdrawnBeforeItIsDurable() {
        lab.run(1_000);
        lab.node(1).crash();
        lab.node(2).diskFreeMicros = lab.micros + 4_000_000;
        lab.run(3_500);
        assertThat(lab.node(2).view().givenTo(1)).isEqualTo(1);
        assertThat(lab.node(3).view().givenTo(1)).isZero();
        lab.run(1_500);
        assertThat(lab.node(2).view().givenTo(1)).isZero();
    }

    @Test
    void aLateHeartbeatBringsNothingBack() {
        lab.run(1_000);
        LivenessLab.Node node = lab.node(2);
        node.act(() -> node.core().received(node.now(), 1, new LivenessMessage.Resign(1, Timestamp.MAX)));
        node.act(() -> node.core()
                .received(
                        node.now(),
                        1,
                        new LivenessMessage.Heartbeat(1, 1_000, node.now().hybrid(), node.monotonic())));
        lab.run(10);
        assertThat(node.view().givenTo(1)).isNotEqualTo(1);
        lab.run(300);
        assertThat(received(1, 2)).isEqualTo(2);
    }

    @Test
    void aStoreThatHearsNobodyRaisesNoBoundBeyondWhatItsLastSupportIsWorth() {
        lab.run(2_130);
        long cut = lab.node(1).now().hybrid().packed();
        lab.cutOneWay(2, 1);
        lab.cutOneWay(3, 1);
        lab.run(1_100);
        assertThat(lab.node(2).view().givenTo(1)).isZero();
        long most = LivenessLab.LEASE_MILLIS * 1_000;
        assertThat(lab.node(2).view().boundOf(1, 1).microsSince(new Timestamp(cut)))
                .isBetween(0L, most);
    }

    @Test
    void aStoreThatResignsTellsUpToWhereItServed() {
        lab.run(2_130);
        LivenessLab.Node leaver = lab.node(1);
        assertThat(lab.node(2).view().boundOf(1, 1)).isGreaterThan(leaver.now().hybrid());
        leaver.act(() -> leaver.core().diskStalled(leaver.now(), true));
        assertThat(leaver.view().receivedEpoch(2, leaver.monotonic())).isZero();
        long sent = lab.sent;
        Timestamp served = leaver.now().hybrid();
        leaver.act(() -> leaver.core().tick(leaver.now()));
        assertThat(lab.sent - sent)
                .as("farewells, only once the view shows them")
                .isEqualTo(2);
        lab.run(10);
        assertThat(lab.node(2).view().givenTo(1)).isZero();
        assertThat(lab.node(2).view().boundOf(1, 1)).isBetween(served, served.plusMicros(1_000));
    }

    @Test
    void aFarewellTellsOfWhatAnEarlierLifeServedByAClockThatWasAhead() {
        LivenessLab.Node slow = Collections.min(
                lab.nodes, Comparator.comparing(node -> node.now().hybrid()));
        LivenessLab.Node other = lab.node(slow.id % 3 + 1);
        lab.run(2_005);
        long epoch = slow.view().receivedEpoch(other.id, slow.monotonic());
        Timestamp served = slow.now().hybrid();
        assertThat(other.view().boundOf(slow.id, epoch)).isGreaterThan(served);
        slow.crash();
        for (LivenessLab.Node node : lab.nodes) {
            lab.cutOneWay(node.id, slow.id);
        }
        slow.start();
        lab.run(5);
        slow.act(() -> slow.core().diskStalled(slow.now(), true));
        slow.act(() -> slow.core().tick(slow.now()));
        lab.run(1);
        assertThat(other.view().boundOf(slow.id, epoch)).isGreaterThanOrEqualTo(served);
    }

    @Test
    void aStoreThatLeftIsNotSpokenToAndOneThatIsBackGetsAnEpochOfItsOwn() {
        lab.run(1_000);
        LivenessLab.Node node = lab.node(1);
        node.act(() -> node.core().forget(node.now(), 2));
        assertThat(received(1, 2)).isZero();
        lab.run(2_000);
        assertThat(node.view().givenTo(2)).isZero();
        assertThat(lab.node(2).view().givenTo(1)).isZero();
        node.act(() -> node.core().know(node.now(), 2));
        lab.run(500);
        assertThat(received(1, 2)).isEqualTo(2);
        assertThat(lab.isLive(1, 2)).isTrue();
    }

    @Test
    void unknownStoresAreNeitherSupportedNorSupporting() {
        LivenessView view = lab.node(1).view();
        assertThat(view.givenTo(99)).isZero();
        assertThat(view.givenUntilMicros(99)).isEqualTo(Support.NEVER);
        assertThat(view.receivedEpoch(99, 0)).isZero();
        assertThat(view.receivedUntilMicros(99, 0)).isEqualTo(Support.NEVER);
        assertThat(view.receivedUntilMicros(2, 77)).isEqualTo(Support.NEVER);
        assertThat(view.boundAcknowledged(2, 77)).isEqualTo(Timestamp.ZERO);
        assertThat(view.nodes()).containsExactly(2, 3);
    }

    @Test
    void aLeaseMustBeShorterThanTheSupportItStandsOn() {
        assertThatThrownBy(() -> new LivenessConfig(1, LivenessLab.SETTINGS, 1_000, 0, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1000 ms");
    }

    @Test
    void boundsOfTheLastFewEpochsAreRemembered() {
        Bounds bounds = new Bounds(new Timestamp(50));
        for (int epoch = 1; epoch <= 6; epoch++) {
            bounds = bounds.with(epoch, new Timestamp(100 + epoch), Timestamp.ZERO);
        }
        assertThat(List.of(bounds.of(3), bounds.of(6))).containsExactly(new Timestamp(103), new Timestamp(106));
        assertThat(bounds.of(1)).isEqualTo(new Timestamp(102));
        assertThat(bounds.with(6, new Timestamp(90), Timestamp.ZERO)).isSameAs(bounds);
    }

    @Test
    void anIdleStoreWritesUpToWhereItsClockMayGoSeldomAndAhead() {
        LivenessLab steady = new LivenessLab(3, 1, 0);
        steady.run(1_000);
        LivenessLab.Node node = steady.node(1);
        long before = node.written;
        for (int second = 0; second < 600; second++) {
            steady.run(1_000);
            assertThat(node.view().clockBound(node.monotonic()))
                    .isGreaterThan(node.now().hybrid());
        }
        assertThat(node.written - before).isBetween(10L, 15L);
    }

    /** As of a machine whose clock is in another time zone until it has heard of the right time. */
    @Test
    void aClockThatAllOthersRefuseIsNotWritten() {
        lab.run(1_000);
        LivenessLab.Node node = lab.node(1);
        Timestamp right = node.now().hybrid();
        node.crash();
        node.boot++;
        node.backMicros = -7_200_000_000L;
        lab.run(20_000);
        node.start();
        lab.run(20_000);
        assertThat(node.now().hybrid().microsSince(right)).isGreaterThan(7_000_000_000L);
        assertThat(node.disk.clock().upTo().microsSince(right)).isLessThan(2 * ClockMark.STEP_MICROS);

        node.crash();
        node.backMicros = 0;
        lab.run(ClockMark.STEP_MICROS / 1_000);
        node.start();
        lab.run(1_000);
        assertThat(lab.isLive(2, 1)).isTrue();
        assertThat(node.view().boundAcknowledged(2, node.view().receivedEpoch(2, node.monotonic())))
                .as("and it may lead")
                .isGreaterThan(node.now().hybrid());
    }

    @Test
    void aClockThatIsSetForwardWhileItsStoreRunsIsNotWrittenIfAllOthersRefuseIt() {
        lab.run(1_000);
        LivenessLab.Node node = lab.node(1);
        Timestamp right = node.now().hybrid();
        node.backMicros = -7_200_000_000L;
        lab.run(20_000);
        assertThat(node.now().hybrid().microsSince(right)).isGreaterThan(7_000_000_000L);
        assertThat(node.disk.clock().upTo().microsSince(right)).isLessThan(2 * ClockMark.STEP_MICROS);
    }

    @Test
    void aStoreThatNobodyElseSpeaksToGoesByItsOwnClock() {
        lab.run(1_000);
        lab.nodes.forEach(LivenessLab.Node::crash);
        LivenessLab.Node node = lab.node(1);
        node.boot++;
        node.backMicros = -7_200_000_000L;
        node.start();
        lab.run(1_500);
        assertThat(node.view().clockBound(node.monotonic()))
                .isGreaterThan(node.now().hybrid());
    }
}
