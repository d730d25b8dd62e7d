package io.flotilla.range.recovery;

import io.flotilla.config.key.Span;
import io.flotilla.range.routing.RangeDescriptor;
import java.util.List;

/**
 * What to do after the loss of nodes.
 *
 * @param forced ranges that go on from one surviving replica, the meta range first, then in key order
 * @param untouched how many ranges have their quorum
 * @param unrecoverable stretches of the key space of which no replica with data is left, in key order
 * @param problems ranges that are left as they are because the survivors contradict each other; one line each, for people
 */
public record RecoveryPlan(List<Forced> forced, int untouched, List<Span> unrecoverable, List<String> problems) {
    public RecoveryPlan {
        forced = List.copyOf(forced);
        unrecoverable = List.copyOf(unrecoverable);
        problems = List.copyOf(problems);
    }

    /**
     * One range that lost its quorum.
     *
     * <p>What the source's log holds is kept, up to its last entry. Later entries may have been acknowledged by replicas that are lost; nobody who is
     * left can know.
     *
     * @param before as the source's log has it
     * @param after the same range on the survivors only; what the source appends to its log
     * @param source the replica that the range goes on from
     * @param term in which the source appends it: above all that any survivor has seen
     * @param knownLost how many committed entries a witness or learner remembers that the source does not have: these are lost for certain
     */
    public record Forced(RangeDescriptor before, RangeDescriptor after, Survivor source, long term, long knownLost) {
        /** What the source's store is told. */
        public ForcedStep step() {
            return ForcedStep.of(this);
        }
    }
}
