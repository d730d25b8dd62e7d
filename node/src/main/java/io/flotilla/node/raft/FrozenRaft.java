package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;
import org.jspecify.annotations.Nullable;

/**
 * What a quiet core must not forget while it does not exist; what else it needs is in its hard state and log. Made by {@link RaftCore#freeze}; a core
 * built from it goes on as if it had never been away, a leader as leader. Valid within one process, and only until a core was built from it.
 */
public final class FrozenRaft {
    final int leader;
    final Timestamp leaseSeen;
    final long freeFromMicros;
    final @Nullable Leading leading;

    FrozenRaft(int leader, Timestamp leaseSeen, long freeFromMicros, @Nullable Leading leading) {
        this.leader = leader;
        this.leaseSeen = leaseSeen;
        this.freeFromMicros = freeFromMicros;
        this.leading = leading;
    }

    /** The leader as far as is known, 0 if none. */
    public int leader() {
        return leader;
    }

    public boolean isLeader() {
        return leading != null;
    }

    /**
     * A leader's knowledge: {@code match[i]} and {@code fortifiedEpoch[i]} are of replica {@code peers[i]}, and {@code upToDate[i]} whether it has everything and
     * knows that it is committed.
     */
    static final class Leading {
        final Timestamp leaseStart;
        final long firstOwnIndex;

        /** Rounds up to this one were sent before: their acknowledgements prove nothing about later. */
        final long round;

        final int[] peers;
        final long[] match;
        final long[] fortifiedEpoch;
        final boolean[] upToDate;

        Leading(
                Timestamp leaseStart,
                long firstOwnIndex,
                long round,
                int[] peers,
                long[] match,
                long[] fortifiedEpoch,
                boolean[] upToDate) {
            this.leaseStart = leaseStart;
            this.firstOwnIndex = firstOwnIndex;
            this.round = round;
            this.peers = peers;
            this.match = match;
            this.fortifiedEpoch = fortifiedEpoch;
            this.upToDate = upToDate;
        }
    }
}
