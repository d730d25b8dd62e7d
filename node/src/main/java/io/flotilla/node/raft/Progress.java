package io.flotilla.node.raft;

import io.flotilla.config.settings.RaftSettings;

/**
 * One peer's replication, as its leader sees it. {@code match < next}; in REPLICATE all of (match, next) is under way.
 */
final class Progress {
    enum State {
        /** One message at a time, until it is known where the logs meet. */
        PROBE,
        /** Pipelined: {@code next} runs ahead of what was acknowledged (thesis §10.2.1). */
        REPLICATE,
        /** The log no longer reaches back far enough; a snapshot is on its way. */
        SNAPSHOT
    }

    private static final long[] NOTHING = new long[0];
    private static final int RING_APPENDS_MIN = 8;

    final int peer;

    /** Gets entries without data. */
    final boolean witness;

    private final int inflightMax;
    private final long inflightBytesMax;
    private final long patienceMicros;

    private State state = State.PROBE;
    private long match;
    private long next;

    /** When it was last known to be there: it answered, or its store showed that it keeps its word. */
    private long activeMicros;

    /** Until then it is spoken to although its store is away. */
    private long patientUntilMicros;

    private boolean away;
    private long ackedRound;
    private long fortifiedEpoch;

    /** The highest commit index it was told, and in which round first. */
    private long commitTold;

    private long commitToldIn;

    /** The highest commit index it is known to know. */
    private long commitKnown;

    private long sentMicros = Long.MIN_VALUE / 2;

    /** PROBE: sent and not answered. */
    private boolean waiting;

    /** PROBE: the round of the first probe since entering; what answers an earlier send says nothing new. */
    private long probeRound;

    /** SNAPSHOT: when it was reported through; 0 while it is streaming. */
    private long snapshotThroughMicros;

    private boolean snapshotThrough;

    /** Unacknowledged appends, a ring: the last index of each, and its bytes in the place after. */
    private long[] inflight = NOTHING;

    private int inflightHead;
    private int inflightCount;
    private long inflightBytes;

    Progress(int peer, boolean witness, long next, RaftSettings settings, long nowMicros) {
        this.patienceMicros = settings.electionMillisMin() * 1_000;
        this.peer = peer;
        this.witness = witness;
        this.next = next;
        this.inflightMax = settings.inflightAppendsMax();
        this.inflightBytesMax = settings.inflightBytesMax();
        this.activeMicros = nowMicros;
        this.patientUntilMicros = nowMicros + patienceMicros;
    }

    State state() {
        return state;
    }

    long match() {
        return match;
    }

    long next() {
        return next;
    }

    long activeMicros() {
        return activeMicros;
    }

    /** The epoch at which it has durably fortified this leader in this term, or {@link Support#NO_EPOCH}. */
    long fortifiedEpoch() {
        return fortifiedEpoch;
    }

    long ackedRound() {
        return ackedRound;
    }

    long sentMicros() {
        return sentMicros;
    }

    boolean mayProbe() {
        return state == State.PROBE && !waiting;
    }

    boolean mayPipeline() {
        return state == State.REPLICATE && inflightCount < inflightMax && inflightBytes < inflightBytesMax;
    }

    /** Bytes sent and not acknowledged. */
    long inflightBytes() {
        return inflightBytes;
    }

    /** The peer has accepted this leader's term. */
    void heard(long nowMicros, long round, long epoch) {
        active(nowMicros);
        knocked(nowMicros);
        ackedRound = Math.max(ackedRound, round);
        fortifiedEpoch = Math.max(fortifiedEpoch, epoch);
    }

    void active(long nowMicros) {
        activeMicros = Math.max(activeMicros, nowMicros);
    }

    /** Whatever it says, it is there. */
    void knocked(long nowMicros) {
        patientUntilMicros = nowMicros + patienceMicros;
    }

    /** @param supports whether its store supports this one now */
    void look(long nowMicros, boolean supports) {
        boolean before = away;
        away = !supports && nowMicros >= patientUntilMicros;
        if (away && !before && state == State.REPLICATE) {
            probeFrom(match + 1);
            pause();
        }
    }

    /** Its store has been away for so long that nothing is said to it. */
    boolean isAway() {
        return away;
    }

    /** It was told of {@code commit} in {@code round}. */
    void told(long commit, long round) {
        if (commit > commitTold) {
            commitTold = commit;
            commitToldIn = round;
        }
    }

    /** It may have been started again, and know less than it was told. */
    void forgot() {
        commitTold = 0;
        commitKnown = 0;
    }

    /** It has taken in what was sent in {@code round}, and its log matches up to {@code index}. */
    void tookIn(long round, long index) {
        if (round >= commitToldIn && index >= commitTold) {
            commitKnown = commitTold;
        }
    }

    /** Whether it has everything and knows that it is committed. */
    boolean isUpToDate(long last, long commit) {
        return state == State.REPLICATE && match == last && commitKnown == commit;
    }

    void sent(long nowMicros) {
        sentMicros = nowMicros;
    }

    /** As it was when the group was frozen: it may be believed to have {@code newMatch}. */
    void thaw(long newMatch, long epoch, long last, long firstIndex) {
        fortifiedEpoch = epoch;
        if (newMatch == last) {
            matched(newMatch, 0, firstIndex);
        } else {
            match = newMatch;
            // What the log has forgotten the peer may have all the same: it is asked from the end, like one that was
            // never heard of.
            probeFrom(newMatch + 1 < firstIndex ? last + 1 : newMatch + 1);
            pause();
        }
    }

    /** It knows that all up to {@code commit} is committed. */
    void knowsAll(long commit) {
        commitTold = commit;
        commitKnown = commit;
    }

    void probed(long round) {
        waiting = true;
        if (probeRound == 0) {
            probeRound = round;
        }
    }

    /** An append of so many bytes up to {@code last} is under way. */
    void pipelined(long last, long bytes) {
        next = last + 1;
        if (2 * inflightCount == inflight.length) {
            widen();
        }
        int at = (inflightHead + 2 * inflightCount) % inflight.length;
        inflight[at] = last;
        inflight[at + 1] = bytes;
        inflightCount++;
        inflightBytes += bytes;
    }

    private void widen() {
        long[] larger = new long[Math.max(2 * RING_APPENDS_MIN, inflight.length * 2)];
        for (int i = 0; i < inflight.length; i++) {
            larger[i] = inflight[(inflightHead + i) % inflight.length];
        }
        inflight = larger;
        inflightHead = 0;
    }

    private void nothingInflight() {
        inflightCount = 0;
        inflightBytes = 0;
    }

    /**
     * The peer's durable log matches up to {@code index}, as it says in answer to what was sent in {@code round}; 0 if it is no answer.
     */
    void matched(long index, long round, long firstIndex) {
        // While probing, an old answer that says nothing new must not have the whole window sent once more.
        boolean news = index > match || (probeRound != 0 && round >= probeRound);
        match = Math.max(match, index);
        while (inflightCount > 0 && inflight[inflightHead] <= match) {
            inflightBytes -= inflight[inflightHead + 1];
            inflightHead = (inflightHead + 2) % inflight.length;
            inflightCount--;
        }
        if ((state == State.PROBE && news) || (state == State.SNAPSHOT && match + 1 >= firstIndex)) {
            state = State.REPLICATE;
            nothingInflight();
            next = match + 1;
        }
        next = Math.max(next, match + 1);
    }

    /** Whether a rejection sent in answer to {@code round} tells something that is not known yet. */
    boolean isNews(long round) {
        return state != State.PROBE || round >= probeRound;
    }

    void probeFrom(long index) {
        state = State.PROBE;
        next = Math.max(index, match + 1);
        waiting = false;
        probeRound = 0;
        nothingInflight();
    }

    /** Keeps quiet until the next heartbeat. */
    void pause() {
        waiting = true;
    }

    void awaitSnapshot() {
        state = State.SNAPSHOT;
        nothingInflight();
        snapshotThrough = false;
    }

    void snapshotThrough(long nowMicros) {
        snapshotThrough = true;
        snapshotThroughMicros = nowMicros;
    }

    /** The snapshot got through long ago, and still the peer does not show that it has it. */
    boolean isSnapshotOverdue(long nowMicros, long graceMicros) {
        return state == State.SNAPSHOT && snapshotThrough && nowMicros - snapshotThroughMicros > graceMicros;
    }
}
