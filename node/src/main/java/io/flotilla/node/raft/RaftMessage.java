package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;
import java.util.List;

/** What replicas of one range say to each other. {@code from} and {@code to} are replica ids. */
public sealed interface RaftMessage {
    int from();

    int to();

    long term();

    /** The compiler checks that each kind is handled. */
    interface Visitor<R> {
        R visit(VoteRequest message);

        R visit(VoteReply message);

        R visit(Append message);

        R visit(AppendReply message);

        R visit(TimeoutNow message);

        R visit(AskDefortify message);

        R visit(Defortify message);
    }

    <R> R accept(Visitor<R> visitor);

    /**
     * RequestVote (Raft §5.2), or its pre-vote (thesis §9.6).
     *
     * @param term the candidate's term; in a pre-vote the term it would campaign in
     * @param transfer the leader itself asked for this election: voters ignore that they hear from a leader (thesis §3.10)
     */
    record VoteRequest(int from, int to, long term, boolean pre, long lastIndex, long lastTerm, boolean transfer)
            implements RaftMessage {
        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.visit(this);
        }
    }

    /**
     * @param leaseSeen up to where in timestamp space a leader this voter has heard of may have served reads
     */
    record VoteReply(int from, int to, long term, boolean pre, boolean granted, Timestamp leaseSeen)
            implements RaftMessage {
        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.visit(this);
        }
    }

    /**
     * AppendEntries (Raft §5.3); without entries, a heartbeat or probe.
     *
     * @param round numbers this leader's sends, so that an acknowledgement tells which send it proves alive
     */
    record Append(
            int from, int to, long term, long prevIndex, long prevTerm, List<LogEntry> entries, long commit, long round)
            implements RaftMessage {
        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.visit(this);
        }
    }

    /**
     * @param success whether the log matched at prevIndex
     * @param index success: the last index known to match the leader's and to be durable here; else the index from which the leader
     *     should try again (fast back-off, Raft §5.3); an earlier entry may conflict too
     * @param conflictTerm the term of the entry before {@code index} here: nothing of a later term can match up to there; {@link #NOTHING_HERE} if
     *     there is no replica yet, which needs a snapshot to begin with
     * @param round echo of {@link Append#round}; 0 if this answers no message of this term's leader
     * @param fortifiedEpoch the epoch at which the sender has durably fortified the receiver: while the sender's store supports the receiver's at it,
     *     the sender votes for nobody else; {@link Support#NO_EPOCH} if it has not
     */
    record AppendReply(
            int from,
            int to,
            long term,
            boolean success,
            long index,
            long conflictTerm,
            long round,
            long fortifiedEpoch)
            implements RaftMessage {
        public static final long NOTHING_HERE = -1;

        /** The sender has not fortified the receiver. */
        public AppendReply(int from, int to, long term, boolean success, long index, long conflictTerm, long round) {
            this(from, to, term, success, index, conflictTerm, round, Support.NO_EPOCH);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.visit(this);
        }
    }

    /**
     * Leadership transfer (thesis §3.10): campaign now. The sender has given up its lease for good in this term.
     *
     * @param servedUpTo above every timestamp the sender ever served
     */
    record TimeoutNow(int from, int to, long term, Timestamp servedUpTo) implements RaftMessage {
        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.visit(this);
        }
    }

    /**
     * A follower that has fortified the receiver was asked for a vote, or has been started again: should it still wait? Answered by {@link Defortify} if not,
     * and if so by an {@link Append}, which says what is committed.
     *
     * @param term the last in which the sender has heard the receiver as leader; raises nobody's term
     */
    record AskDefortify(int from, int to, long term) implements RaftMessage {
        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.visit(this);
        }
    }

    /**
     * The sender leads in no term up to {@code term}, and never will again; it is to be waited for no longer. Raises nobody's term.
     *
     * @param servedUpTo above every timestamp the sender served in those terms
     */
    record Defortify(int from, int to, long term, Timestamp servedUpTo) implements RaftMessage {
        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.visit(this);
        }
    }
}
