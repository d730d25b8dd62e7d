package io.flotilla.node.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is found by key is what a walk over all replicas would find. */
class ReplicaDirectoryTest {
    private final ReplicaDirectory directory = new ReplicaDirectory();

    @Test
    void aSplitLeavesNoKeyWithTwoRanges() {
        Slot left = add(1, "a", "z");
        directory.changed(left, descriptor(1, "a", "m"));
        assertThat(directory.overlapsOther(descriptor(2, "m", "z"))).isFalse();
        add(2, "m", "z");
        assertThat(directory.holding(Key.of("l")).orElseThrow().id()).isEqualTo(new RangeId(1));
        assertThat(directory.holding(Key.of("m")).orElseThrow().id()).isEqualTo(new RangeId(2));
        assertThat(directory.holding(Key.of("z"))).isEmpty();
    }

    @Test
    void aRangeDoesNotOverlapItself() {
        add(1, "a", "m");
        assertThat(directory.overlapsOther(descriptor(1, "a", "z"))).isFalse();
        assertThat(directory.overlapsOther(descriptor(2, "l", "z"))).isTrue();
    }

    @Test
    void whatIsRemovedIsFoundNoMore() {
        Slot slot = add(1, "a", "m");
        directory.remove(slot);
        assertThat(directory.find(new RangeId(1))).isNull();
        assertThat(directory.holding(Key.of("b"))).isEmpty();
        assertThat(directory.size()).isZero();
    }

    @Test
    void aSlotThatWasReplacedIsNotRemovedInPlaceOfItsSuccessor() {
        Slot old = add(1, "a", "m");
        directory.remove(old);
        Slot successor = add(1, "a", "m");
        directory.remove(old);
        assertThat(directory.find(new RangeId(1))).isSameAs(successor);
        assertThat(directory.holding(Key.of("b"))).isPresent();
    }

    @Test
    void overlapsAreThoseThatAWalkOverAllFinds() {
        Random random = new Random(7);
        List<RangeDescriptor> all = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            if (random.nextBoolean()) {
                all.add(add(i + 1, key(i), key(i + 1)).descriptor());
            }
        }
        for (int round = 0; round < 500; round++) {
            int from = random.nextInt(60);
            Span span = new Span(
                    Key.of(key(from) + (random.nextBoolean() ? "x" : "")),
                    Key.of(key(from + 1 + random.nextInt(5)) + "y"));
            assertThat(directory.overlapping(span))
                    .isEqualTo(all.stream()
                            .filter(range -> range.span().overlaps(span))
                            .toList());
        }
    }

    private static String key(int i) {
        return String.format("k%03d", i);
    }

    private Slot add(long range, String start, String end) {
        Slot slot = new Slot(
                (self, from) -> command -> {},
                descriptor(range, start, end),
                1,
                new Dormant(
                        null,
                        Timestamp.ZERO,
                        new RaftStatus(RaftStatus.Role.FOLLOWER, 0, 0, 0, 0, 0, false, false),
                        new Now(0, Timestamp.ZERO)));
        directory.add(slot);
        return slot;
    }

    private static RangeDescriptor descriptor(long range, String start, String end) {
        return new RangeDescriptor(
                new RangeId(range),
                1,
                new Span(Key.of(start), Key.of(end)),
                List.of(new ReplicaInfo(new NodeId(1), 1)),
                2);
    }
}
