package io.flotilla.node.raft;

import io.flotilla.config.settings.RaftSettings;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * What a core is built with.
 *
 * @param self this replica's id
 * @param membership of the state machine as it is now, i.e. up to what it has applied
 * @param membershipOf what the payload of a {@link LogEntry.Kind#CONFIG} entry makes of the group; pure
 * @param withoutData an entry as a witness keeps it: a NORMAL one without payload, a CONFIG one with what {@code membershipOf} needs; pure and
 *     idempotent, keeps index, term and kind
 * @param seed source of the randomised timeouts
 */
public record RaftConfig(
        int self,
        Membership membership,
        Function<byte[], Membership> membershipOf,
        UnaryOperator<LogEntry> withoutData,
        RaftSettings settings,
        long seed,
        Trust trust) {

    /** A group that never changes. */
    public RaftConfig(int self, List<Integer> voters, RaftSettings settings, long seed, Trust trust) {
        this(
                self,
                Membership.of(voters),
                payload -> {
                    throw new IllegalArgumentException("this group never changes");
                },
                UnaryOperator.identity(),
                settings,
                seed,
                trust);
    }
}
