package io.flotilla.node.sim;

import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.ProposalRefusal;
import io.flotilla.node.raft.RaftEvent;
import io.flotilla.node.raft.Ready;
import java.util.HashMap;
import java.util.List;

/** What a leader has in its log for clients, who hear of it when it is applied. */
final class OwnProposals {
    private final World world;

    /** Index to term. Looked up only. */
    private final HashMap<Long, Long> terms = new HashMap<>();

    OwnProposals(World world) {
        this.world = world;
    }

    void note(Ready ready, List<RaftEvent> events, SimLog handed) {
        if (ready.refusal() != null && !(ready.refusal() instanceof ProposalRefusal.NotLeader)) {
            world.count(Fault.CHANGE_REFUSED);
        }
        long index = ready.proposedFrom();
        if (index == 0) {
            return;
        }
        for (RaftEvent event : events) {
            if (event instanceof RaftEvent.Propose propose) {
                if (propose.kinds().contains(LogEntry.Kind.CONFIG)) {
                    world.count(Fault.CHANGE);
                }
                for (int i = 0; i < propose.payloads().size(); i++) {
                    terms.put(index++, handed.termAt(ready.proposedFrom()));
                }
            }
        }
    }

    void applied(LogEntry entry) {
        Long term = terms.remove(entry.index());
        if (term != null && term == entry.term()) {
            world.clients.acknowledged(entry.index());
        }
    }

    void forget() {
        terms.clear();
    }
}
