package io.flotilla.node.raft;

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

    final int peer;
    private final int inflightMax;

    private State state = State.PROBE;
    private long match;
    private long next;
    private long heardMicros;
    private long ackedRound;
    private long sentMicros = Long.MIN_VALUE / 2;

    /** PROBE: sent and not answered. */
    private boolean waiting;

    /** PROBE: the round of the first probe since entering; what answers an earlier send says nothing new. */
    private long probeRound;

    /** SNAPSHOT: when it was reported through; 0 while it is streaming. */
    private long snapshotThroughMicros;

    private boolean snapshotThrough;

    /** Last indexes of unacknowledged appends, a ring. */
    private long[] inflight = new long[8];

    private int inflightHead;
    private int inflightCount;

    Progress(int peer, long next, int inflightMax, long nowMicros) {
        this.peer = peer;
        this.next = next;
        this.inflightMax = inflightMax;
        this.heardMicros = nowMicros;
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

    long heardMicros() {
        return heardMicros;
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
        return state == State.REPLICATE && inflightCount < inflightMax;
    }

    /** The peer has accepted this leader's term. */
    void heard(long nowMicros, long round) {
        heardMicros = nowMicros;
        ackedRound = Math.max(ackedRound, round);
    }

    void sent(long nowMicros) {
        sentMicros = nowMicros;
    }

    void probed(long round) {
        waiting = true;
        if (probeRound == 0) {
            probeRound = round;
        }
    }

    /** An append up to {@code last} is under way. */
    void pipelined(long last) {
        next = last + 1;
        if (inflightCount == inflight.length) {
            long[] larger = new long[inflight.length * 2];
            for (int i = 0; i < inflightCount; i++) {
                larger[i] = inflight[(inflightHead + i) % inflight.length];
            }
            inflight = larger;
            inflightHead = 0;
        }
        inflight[(inflightHead + inflightCount++) % inflight.length] = last;
    }

    /** The peer's durable log matches up to {@code index}. */
    void matched(long index, long firstIndex) {
        match = Math.max(match, index);
        while (inflightCount > 0 && inflight[inflightHead] <= match) {
            inflightHead = (inflightHead + 1) % inflight.length;
            inflightCount--;
        }
        if (state == State.PROBE || (state == State.SNAPSHOT && match + 1 >= firstIndex)) {
            state = State.REPLICATE;
            inflightCount = 0;
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
        inflightCount = 0;
    }

    /** Keeps quiet until the next heartbeat. */
    void pause() {
        waiting = true;
    }

    void awaitSnapshot() {
        state = State.SNAPSHOT;
        inflightCount = 0;
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
