package io.flotilla.node.raft;

import io.flotilla.config.settings.RaftSettings;
import java.util.List;

/**
 * What a core is built with.
 *
 * @param self this replica's id
 * @param voters all voting replicas, {@code self} among them
 * @param seed source of the randomised timeouts
 * @param maxClockOffsetMicros bound on the difference of wall clocks, for leases promised before a restart
 */
public record RaftConfig(int self, List<Integer> voters, RaftSettings settings, long seed, long maxClockOffsetMicros) {
    public RaftConfig {
        voters = List.copyOf(voters);
    }
}
