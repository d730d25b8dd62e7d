package io.flotilla.node.raft;

import io.flotilla.config.settings.RaftSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The replication to each other member of a leader's group, voter or learner; they come and go with the configuration. */
final class Peers {
    private static final Progress[] NOBODY = new Progress[0];

    private final int self;
    private final RaftSettings settings;
    private Progress[] all = NOBODY;

    Peers(int self, RaftSettings settings) {
        this.self = self;
        this.settings = settings;
    }

    /** @param next where to try first with a peer that is new */
    void become(Membership membership, long next, long nowMicros) {
        List<Integer> members = membership.members();
        all = members.stream()
                .filter(member -> member != self)
                .map(member -> keptOrNew(member, membership.isWitness(member), next, nowMicros))
                .toArray(Progress[]::new);
    }

    private Progress keptOrNew(int member, boolean witness, long next, long nowMicros) {
        Progress known = of(member);
        return known != null ? known : new Progress(member, witness, next, settings, nowMicros);
    }

    Progress[] all() {
        return all;
    }

    @Nullable
    Progress of(int replica) {
        for (Progress peer : all) {
            if (peer.peer == replica) {
                return peer;
            }
        }
        return null;
    }
}
