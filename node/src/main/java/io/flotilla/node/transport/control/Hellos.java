package io.flotilla.node.transport.control;

import io.flotilla.config.id.NodeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Whom to say hello to, again and again, and what it means that nobody answers. Pure; single-threaded. */
final class Hellos {
    /** So many hellos without an answer, ten seconds, are as much silence as makes a member count as dead. */
    static final int SILENT_AFTER = 20;

    /** A node that has left the cluster is told so if it comes back within ten minutes; later it has to speak first. */
    static final int FORGOTTEN_AFTER = 1_200;

    /**
     * @param to the addresses to say hello to now
     * @param silent addresses of those that have introduced themselves, are no members yet, and answer no more: nobody else would notice their end
     * @param forgotten who has left the cluster and will not be spoken to again
     */
    record Round(Set<String> to, List<String> silent, List<NodeId> forgotten) {}

    private final String selfAddress;
    private final Set<String> seeds;

    /** Hellos without an answer, by address. */
    private final Map<String, Integer> unanswered = new HashMap<>();

    Hellos(String selfAddress, Collection<String> seeds) {
        this.selfAddress = selfAddress;
        this.seeds = Set.copyOf(seeds);
    }

    /** Somebody has spoken from that address. */
    void heard(String address) {
        unanswered.remove(address);
    }

    /** Everyone expected who has not answered, or fell silent, or is no member yet. Call it twice a second. */
    Round next(Set<String> members, List<Peer> peers, Predicate<NodeId> gone) {
        Set<String> to = new TreeSet<>(members);
        to.addAll(seeds);
        Set<String> live = new HashSet<>();
        List<NodeId> forgotten = new ArrayList<>();
        for (Peer peer : peers) {
            String address = peer.akkaAddress();
            if (peer.live()) {
                live.add(address);
            }
            if (!peer.live()
                    && !members.contains(address)
                    && unanswered.getOrDefault(address, 0) >= FORGOTTEN_AFTER
                    && gone.test(peer.nodeId())) {
                forgotten.add(peer.nodeId());
            } else {
                to.add(address);
            }
        }
        to.remove(selfAddress);
        to.removeIf(address -> live.contains(address) && members.contains(address));
        List<String> silent = new ArrayList<>();
        for (String address : to) {
            if (unanswered.merge(address, 1, Integer::sum) > SILENT_AFTER && live.contains(address)) {
                silent.add(address);
            }
        }
        unanswered.keySet().retainAll(to);
        return new Round(to, silent, forgotten);
    }
}
