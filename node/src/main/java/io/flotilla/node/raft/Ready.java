package io.flotilla.node.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the core wants done after an event. The shell does it in this order: submit {@code persist}; apply; send {@code sendNow}; and once the
 * persist is durable, first step {@link RaftEvent.Persisted}, then send {@code sendAfterPersist}.
 *
 * @param sendNow needs nothing durable first (a leader's appends, pre-votes)
 * @param persistNumber numbers the persist; 0 if there is nothing to persist (then sendAfterPersist waits for the last numbered one, if
 *     that is still under way)
 * @param persist what must be durable before {@code sendAfterPersist} leaves; null for nothing
 * @param sendAfterPersist votes and acknowledgements
 * @param apply committed entries, in order, without gaps, each once; the core counts them as applied
 * @param reads answers to {@link RaftEvent.ReadIndex}
 * @param proposedFrom the index of the first payload proposed by this event; 0 if the proposal was refused or there was none
 * @param refusal why this event's proposal was refused; null if it was not
 * @param snapshotsTo replicas that need a snapshot streamed; the shell reports {@link RaftEvent.SnapshotSent}
 * @param installSnapshot install the snapshot that just arrived
 */
public record Ready(
        List<RaftMessage> sendNow,
        long persistNumber,
        @Nullable Persist persist,
        List<RaftMessage> sendAfterPersist,
        List<LogEntry> apply,
        List<ReadGrant> reads,
        long proposedFrom,
        @Nullable ProposalRefusal refusal,
        List<Integer> snapshotsTo,
        boolean installSnapshot) {

    /**
     * @param hardState null if unchanged
     * @param entries to append; the first may override a suffix of the log
     * @param reset if set, the whole log is replaced by a snapshot's position before {@code entries} are appended
     */
    public record Persist(
            @Nullable HardState hardState,
            List<LogEntry> entries,
            @Nullable LogReset reset) {}

    /** The log now begins after (index, term). */
    public record LogReset(long index, long term) {}

    /** A read may be served once {@code index} is applied; 0 if refused (not leader). */
    public record ReadGrant(long request, long index) {}
}
