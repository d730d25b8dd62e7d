package io.flotilla.node.raft;

import java.util.ArrayDeque;

/** Reads waiting for proof that this leader still led after they were asked (Raft §8, thesis §6.4). */
final class ReadRequests {
    private record Waiting(long request, long index, long round) {}

    private static final long NOT_YET = -1;

    private final Outbox out;
    private final ArrayDeque<Waiting> confirming = new ArrayDeque<>();

    /** Asked before the leader had committed an entry of its own term: its commit index may still be behind (Raft §8). */
    private final ArrayDeque<Waiting> early = new ArrayDeque<>();

    ReadRequests(Outbox out) {
        this.out = out;
    }

    void addEarly(long request, long round) {
        early.add(new Waiting(request, NOT_YET, round));
    }

    void add(long request, long index, long round) {
        confirming.add(new Waiting(request, index, round));
    }

    /** The leader has committed an entry of its own term. */
    void commitKnown(long commit) {
        while (!early.isEmpty()) {
            Waiting read = early.removeFirst();
            confirming.addLast(new Waiting(read.request, commit, read.round));
        }
    }

    boolean isEmpty() {
        return confirming.isEmpty();
    }

    /** Whether nobody waits. */
    boolean isIdle() {
        return confirming.isEmpty() && early.isEmpty();
    }

    /** A quorum has acknowledged {@code round}. */
    void confirmed(long round) {
        while (!confirming.isEmpty() && confirming.peekFirst().round <= round) {
            Waiting read = confirming.removeFirst();
            out.read(read.request, read.index);
        }
    }

    void refuseAll() {
        while (!early.isEmpty()) {
            out.read(early.removeFirst().request, 0);
        }
        while (!confirming.isEmpty()) {
            out.read(confirming.removeFirst().request, 0);
        }
    }
}
