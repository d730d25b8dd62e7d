package io.flotilla.client;

import io.flotilla.v1.RangeRecovery;
import io.flotilla.v1.RecoverRangesResponse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is, or would be, done after the loss of nodes.
 *
 * @param ranges those that have no quorum without the lost nodes
 * @param untouched how many ranges have their quorum
 * @param unrecoverable stretches of the key space of which no replica with data is left
 * @param problems one line each: what is left as it is, and why
 */
public record RecoveryReport(
        List<RangeLoss> ranges, int untouched, List<Stretch> unrecoverable, List<String> problems) {
    public RecoveryReport {
        ranges = List.copyOf(ranges);
        unrecoverable = List.copyOf(unrecoverable);
        problems = List.copyOf(problems);
    }

    /**
     * One range that goes on from one of its replicas. What that one's log holds is kept; what was acknowledged later, and never reached it, is lost.
     *
     * @param source the node of that replica
     * @param nodes that have the range then
     * @param lastIndex the last entry that is kept
     * @param newestWrite when the newest write that is kept was made; empty if not known
     * @param knownLost entries that were committed and are known to be lost; there may be more of which nobody knows
     */
    public record RangeLoss(
            long range,
            byte[] startKey,
            byte[] endKey,
            boolean system,
            int source,
            List<Integer> nodes,
            long lastIndex,
            Optional<Instant> newestWrite,
            long knownLost) {
        public RangeLoss {
            nodes = List.copyOf(nodes);
        }

        @Override
        public String toString() {
            return "range " + range + (system ? " (system)" : " " + Shown.span(startKey, endKey)) + " from node "
                    + source
                    + " on nodes " + nodes + " up to entry " + lastIndex
                    + newestWrite.map(at -> ", newest write " + at).orElse("") + ", known lost " + knownLost;
        }
    }

    /** For people. */
    public record Stretch(String start, String end) {}

    static RecoveryReport of(RecoverRangesResponse answer) {
        return new RecoveryReport(
                answer.getRangesList().stream().map(RecoveryReport::loss).toList(),
                answer.getUntouched(),
                answer.getUnrecoverableList().stream()
                        .map(span -> new Stretch(span.getStart(), span.getEnd()))
                        .toList(),
                answer.getProblemsList());
    }

    private static RangeLoss loss(RangeRecovery range) {
        long micros = range.getNewestWriteUs();
        return new RangeLoss(
                range.getRange(),
                range.getStartKey().toByteArray(),
                range.getEndKey().toByteArray(),
                range.getSystem(),
                range.getSourceNode(),
                range.getNodesList(),
                range.getLastIndex(),
                micros == 0 ? Optional.empty() : Optional.of(Instant.EPOCH.plus(micros, ChronoUnit.MICROS)),
                range.getEntriesKnownLost());
    }

    /** The same recovery, some time later: what it had begun has its quorum by then. */
    RecoveryReport followedBy(RecoveryReport later) {
        Map<Long, RangeLoss> all = new LinkedHashMap<>();
        ranges.forEach(range -> all.put(range.range(), range));
        later.ranges.forEach(range -> all.putIfAbsent(range.range(), range));
        return new RecoveryReport(new ArrayList<>(all.values()), untouched, later.unrecoverable, later.problems);
    }
}
