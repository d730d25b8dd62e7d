package io.flotilla.node.raft;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what one step wants done. */
final class Outbox {
    private List<RaftMessage> sendNow = List.of();
    private List<RaftMessage> sendAfterPersist = List.of();
    private List<Ready.ReadGrant> reads = List.of();
    private List<Integer> snapshotsTo = List.of();
    private long proposedFrom;
    private @Nullable ProposalRefusal refusal;
    private boolean installSnapshot;
    private long persistNumber;
    private HardState handed;

    Outbox(HardState restored) {
        this.handed = restored;
    }

    void now(RaftMessage message) {
        sendNow = add(sendNow, message);
    }

    void afterPersist(RaftMessage message) {
        sendAfterPersist = add(sendAfterPersist, message);
    }

    void read(long request, long index) {
        reads = add(reads, new Ready.ReadGrant(request, index));
    }

    void snapshotTo(int replica) {
        snapshotsTo = add(snapshotsTo, replica);
    }

    void proposed(long firstIndex) {
        proposedFrom = firstIndex;
    }

    void refused(ProposalRefusal why) {
        refusal = why;
    }

    void installSnapshot() {
        installSnapshot = true;
    }

    /** The number that the next persist will carry. */
    long nextPersistNumber() {
        return persistNumber + 1;
    }

    /** Everything since the last call; leaves this empty. */
    Ready take(HardState state, EntryWindow log, List<LogEntry> apply) {
        boolean voteChanged = state.term() != handed.term() || state.vote() != handed.vote();
        // That a promise is over need not be durable: a replica that forgets it waits longer than it must.
        boolean fortified = state.leader() != 0
                && (state.leader() != handed.leader() || state.leaderEpoch() != handed.leaderEpoch());
        long number = 0;
        Ready.Persist persist = null;
        if (voteChanged || fortified || log.hasUnhanded()) {
            boolean changed = !state.equals(handed);
            number = ++persistNumber;
            persist = log.hand(number, changed ? state : null);
            handed = state;
        }
        Ready ready = new Ready(
                sendNow,
                number,
                persist,
                sendAfterPersist,
                apply,
                reads,
                proposedFrom,
                refusal,
                snapshotsTo,
                installSnapshot);
        sendNow = List.of();
        sendAfterPersist = List.of();
        reads = List.of();
        snapshotsTo = List.of();
        proposedFrom = 0;
        refusal = null;
        installSnapshot = false;
        return ready;
    }

    private static <T> List<T> add(List<T> list, T element) {
        List<T> target = list.isEmpty() ? new ArrayList<>(4) : list;
        target.add(element);
        return target;
    }
}
