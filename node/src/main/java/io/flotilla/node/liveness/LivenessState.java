package io.flotilla.node.liveness;

import java.util.List;

/**
 * What a store must not forget.
 *
 * @param epochMax the highest epoch this store has ever used towards any other
 * @param clock up to where this store's clock may have been served from
 * @param records by node, ascending; the highest epoch of each that was ever supported, and whether it still is
 */
public record LivenessState(long epochMax, ClockMark clock, List<Record> records) {
    /** A store that has never spoken. */
    public static final LivenessState INITIAL = new LivenessState(0, ClockMark.NONE, List.of());

    public LivenessState {
        records = List.copyOf(records);
    }

    /** If not {@code supported}, {@code epoch} and all below are withdrawn for ever. */
    public record Record(int node, long epoch, boolean supported) {}
}
