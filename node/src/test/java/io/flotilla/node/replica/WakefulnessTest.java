package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is given ticks, who is put to sleep, and who is woken when. */
class WakefulnessTest {
    private static final long IDLE_MICROS = 10_000;

    private final Wakefulness<String> replicas = new Wakefulness<>(IDLE_MICROS, 4);

    @Test
    void onlyThoseThatAreAwakeAreGivenTicks() {
        replicas.awake("a");
        replicas.awake("b");
        replicas.rests("a", 0);
        assertThat(replicas.awake()).containsExactly("b");
        assertThat(replicas.isTickNeeded()).isTrue();
        replicas.rests("b", 0);
        assertThat(replicas.awake()).isEmpty();
        assertThat(replicas.isTickNeeded()).isFalse();
    }

    @Test
    void whoHasRestedLongEnoughIsDrowsyAndNobodyElse() {
        replicas.rests("early", 0);
        replicas.rests("late", 5_000);
        assertThat(replicas.drowsy(IDLE_MICROS - 1, 10)).isEmpty();
        assertThat(replicas.drowsy(IDLE_MICROS, 10)).containsExactly("early");
    }

    @Test
    void whoIsDisturbedBeginsToRestAnew() {
        replicas.rests("a", 0);
        replicas.awake("a");
        replicas.rests("a", 9_000);
        assertThat(replicas.drowsy(IDLE_MICROS, 10)).isEmpty();
        assertThat(replicas.drowsy(9_000 + IDLE_MICROS, 10)).containsExactly("a");
    }

    @Test
    void fallingAsleepGoesByPortions() {
        for (int i = 0; i < 10; i++) {
            replicas.rests("r" + i, i);
        }
        assertThat(replicas.drowsy(100_000, 3)).containsExactly("r0", "r1", "r2");
        replicas.forget("r0");
        replicas.forget("r1");
        assertThat(replicas.drowsy(100_000, 3)).containsExactly("r3", "r4", "r5");
    }

    @Test
    void whoDidNotFallAsleepIsAskedAgainAfterAnotherRest() {
        replicas.rests("busy", 0);
        assertThat(replicas.drowsy(IDLE_MICROS, 10)).containsExactly("busy");
        assertThat(replicas.drowsy(IDLE_MICROS + 1, 10)).isEmpty();
        assertThat(replicas.drowsy(2 * IDLE_MICROS, 10)).containsExactly("busy");
    }

    @Test
    void noMoreAreWokenThanMayBeAwake() {
        replicas.wakeInTurn(names(10));
        assertThat(wake()).containsExactly("r0", "r1", "r2", "r3");
        replicas.rests("r0", 0);
        replicas.rests("r1", 0);
        assertThat(wake()).containsExactly("r4", "r5");
        assertThat(replicas.toWakeCount()).isEqualTo(4);
    }

    @Test
    void somebodyIsWokenHoweverManyAreAwakeForOtherReasons() {
        names(100).forEach(name -> replicas.awake("busy " + name));
        replicas.wakeInTurn(names(2));
        assertThat(wake()).containsExactly("r0");
        assertThat(wake()).containsExactly("r1");
        assertThat(wake()).isEmpty();
    }

    @Test
    void whoIsToldSomethingDoesNotWaitForItsTurn() {
        replicas.wakeInTurn(names(10));
        replicas.awake("r9");
        assertThat(wake()).containsExactly("r0", "r1", "r2");
        assertThat(replicas.toWakeCount()).isEqualTo(6);
    }

    @Test
    void whoIsAwakeNeedsNoWaking() {
        replicas.awake("r0");
        replicas.wakeInTurn(names(2));
        assertThat(wake()).containsExactly("r1");
    }

    @Test
    void whoIsGoneIsNotNamedAnyMore() {
        replicas.awake("a");
        replicas.rests("b", 0);
        replicas.wakeInTurn(List.of("c"));
        List.of("a", "b", "c").forEach(replicas::forget);
        assertThat(replicas.awake()).isEmpty();
        assertThat(replicas.hasResting()).isFalse();
        assertThat(wake()).isEmpty();
    }

    private List<String> wake() {
        List<String> woken = replicas.takeTurns();
        woken.forEach(replicas::awake);
        return woken;
    }

    private static List<String> names(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("r" + i);
        }
        return names;
    }

    @Test
    void asManyAsWishedAreWokenHoweverManyAreAwake() {
        replicas.wakeInTurn(List.of("a", "b", "c"));
        assertThat(replicas.takeTurns(2)).containsExactly("a", "b");
        for (int i = 0; i < 10; i++) {
            replicas.awake("busy" + i);
        }
        assertThat(replicas.takeTurns(2)).containsExactly("c");
        assertThat(replicas.takeTurns(2)).isEmpty();
    }
}
