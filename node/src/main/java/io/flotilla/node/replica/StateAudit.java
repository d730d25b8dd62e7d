package io.flotilla.node.replica;

import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the whole state of a stopped store and adds it up, range by range: what has rotten since it was written, no running replica can know. */
public final class StateAudit {
    /**
     * One range's state.
     *
     * @param checksum as kept up with every entry that was applied
     * @param exact whether the checksum is of this state alone; after a split it is not, for a while
     * @param counted what the entries that are there add up to
     * @param installing a snapshot was being installed when the store stopped, so the state is half of something
     */
    public record Finding(
            RangeDescriptor range, long applied, long checksum, boolean exact, long counted, boolean installing) {
        public boolean isSound() {
            return installing || !exact || checksum == counted;
        }
    }

    private StateAudit() {}

    /** In the order of range ids. Throws {@link io.flotilla.node.storage.StorageException} if the files cannot be read. */
    public static List<Finding> of(Engine engine) {
        List<Finding> findings = new ArrayList<>();
        Set<RangeId> half = LocalState.installing(engine).stream()
                .map(LocalState.Installing::range)
                .collect(Collectors.toSet());
        for (RangeDescriptor range : LocalState.descriptors(engine)) {
            LocalState.Applied found = LocalState.applied(engine, range.id());
            LocalState.Applied applied = found == null ? LocalState.Applied.NOTHING : found;
            findings.add(new Finding(
                    range,
                    applied.index(),
                    applied.checksum().sum(),
                    applied.checksum().isExact(),
                    StateCounter.sumOf(engine, range.span()),
                    half.contains(range.id())));
        }
        return findings;
    }
}
