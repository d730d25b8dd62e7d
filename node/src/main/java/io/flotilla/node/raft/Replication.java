package io.flotilla.node.raft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A leader's peers, and what it sends them (Raft §5.3). */
final class Replication {
    /**
     * Bytes read back at once for a peer that fell behind what is in memory, and what may be under way to it before the next are read: this happens in
     * the group's turn, which others wait for.
     */
    private static final long CATCH_UP_BYTES_MAX = 256 * 1024;

    /** A replica that lacks no more than so many committed entries will have them in a moment. */
    private static final long CAUGHT_UP_ENTRIES = 128;

    private final Consensus group;
    private final LeaderLease lease;
    private final Rounds rounds;
    private Progress[] peers = {};
    private boolean broadcast;

    /** @param roundsBefore rounds up to this one were used before */
    Replication(Consensus group, LeaderLease lease, long next, long roundsBefore) {
        this.group = group;
        this.lease = lease;
        this.rounds = new Rounds(roundsBefore);
        become(group.membership(), next);
    }

    // Peers

    /** @param next where to try first with a peer that is new */
    void become(Membership membership, long next) {
        peers = membership.members().stream()
                .filter(member -> member != group.self)
                .map(member -> keptOrNew(member, membership.isWitness(member), next))
                .toArray(Progress[]::new);
    }

    private Progress keptOrNew(int member, boolean witness, long next) {
        Progress known = of(member);
        return known != null ? known : new Progress(member, witness, next, group.config.settings(), group.now.micros());
    }

    Iterable<Progress> peers() {
        return Arrays.asList(peers);
    }

    @Nullable
    Progress of(int replica) {
        for (Progress peer : peers) {
            if (peer.peer == replica) {
                return peer;
            }
        }
        return null;
    }

    long matchOf(int voter) {
        // The leader counts itself only for what is on its own disk (thesis §10.2.1).
        return voter == group.self ? group.log.durableIndex() : known(voter).match();
    }

    long ackedRoundOf(int voter) {
        return voter == group.self ? rounds.current() : known(voter).ackedRound();
    }

    private Progress known(int voter) {
        return Objects.requireNonNull(of(voter));
    }

    /** Whether that replica, warm and replicating, has nearly all that is committed. */
    boolean isCaughtUp(int replica) {
        Progress peer = of(replica);
        return replica == group.self
                || (peer != null
                        && peer.state() == Progress.State.REPLICATE
                        && peer.match() + CAUGHT_UP_ENTRIES >= group.commit);
    }

    // What is heard of them

    /** Raft §5.3, end: skip whole terms that cannot match. */
    void rejected(Progress peer, RaftMessage.AppendReply reply) {
        if (reply.index() <= peer.match() || !peer.isNews(reply.round())) {
            return;
        }
        if (reply.conflictTerm() == RaftMessage.AppendReply.NOTHING_HERE) {
            // The log may reach back to its beginning, but a state machine does not begin with nothing.
            if (peer.state() != Progress.State.SNAPSHOT) {
                requestSnapshot(peer, false);
            }
            return;
        }
        if (peer.state() == Progress.State.SNAPSHOT) {
            // Where it surely matches, it needs no snapshot. A mere guess might end in asking for one again, and so on
            // as fast as it answers.
            if (group.log.holds(reply.index() - 1, reply.conflictTerm())) {
                peer.probeFrom(reply.index());
            }
            return;
        }
        long first = group.log.firstIndex();
        long high = Math.min(reply.index() - 1, group.log.lastIndex());
        long low = Math.max(peer.match(), first - 1);
        long next = high < low ? high + 1 : group.log.lastIndexUpToTerm(low, high, reply.conflictTerm()) + 1;
        peer.probeFrom(next);
    }

    void unreachable(int replica) {
        Progress peer = of(replica);
        if (peer != null && peer.state() == Progress.State.REPLICATE) {
            peer.probeFrom(peer.match() + 1);
            peer.pause();
        }
    }

    void snapshotSent(int replica, boolean success) {
        Progress peer = of(replica);
        if (peer == null || peer.state() != Progress.State.SNAPSHOT) {
            return;
        }
        if (success) {
            peer.snapshotThrough(group.now.micros());
        } else {
            peer.probeFrom(peer.match() + 1);
            peer.pause();
        }
    }

    void tick(long snapshotGraceMicros) {
        for (Progress peer : peers) {
            if (peer.isSnapshotOverdue(group.now.micros(), snapshotGraceMicros)) {
                peer.probeFrom(peer.match() + 1);
            }
        }
    }

    // Sending

    /** With the next flush, something is said to everybody. */
    void broadcast() {
        broadcast = true;
    }

    /** @param insist whether somebody waits for answers of the peers, so that they must be asked again */
    void flush(boolean insist) {
        long heartbeatDueMicros = group.now.micros() - group.heartbeatMicros;
        for (Progress peer : peers) {
            look(peer);
            if (peer.isAway()) {
                continue;
            }
            boolean speak = broadcast || (peer.sentMicros() <= heartbeatDueMicros && (insist || needs(peer)));
            switch (peer.state()) {
                case PROBE -> probe(peer, speak);
                case REPLICATE -> pipeline(peer, speak);
                case SNAPSHOT -> {
                    if (speak) {
                        heartbeat(peer);
                    }
                }
            }
        }
        broadcast = false;
    }

    private void look(Progress peer) {
        peer.look(group.now.micros(), group.config.trust().support().receivedEpoch(peer.peer) != Support.NO_EPOCH);
    }

    /** Whether something would be missing if this leader fell silent. */
    private boolean needs(Progress peer) {
        return !lease.isFortified(peer) || !peer.isUpToDate(group.log.lastIndex(), group.commit);
    }

    /** Whether nothing is missing at any peer that could be told. */
    boolean isQuiet() {
        for (Progress peer : peers) {
            look(peer);
            if (!peer.isAway() && needs(peer)) {
                return false;
            }
        }
        return true;
    }

    List<Integer> waitsFor() {
        List<Integer> missing = new ArrayList<>(0);
        for (Progress peer : peers) {
            if (needs(peer)) {
                missing.add(peer.peer);
            }
        }
        return missing;
    }

    /** The round of this step. */
    long round() {
        return rounds.in(group.steps);
    }

    private void probe(Progress peer, boolean speak) {
        boolean fresh = peer.mayProbe();
        if (!fresh && !speak) {
            return;
        }
        if (peer.next() < group.log.firstIndex()) {
            requestSnapshot(peer, speak);
            return;
        }
        // A probe that was not answered is repeated without its load.
        send(peer, peer.next() - 1, fresh ? entriesFor(peer) : List.of());
        peer.probed(round());
    }

    private void pipeline(Progress peer, boolean speak) {
        boolean spoken = false;
        long last = lastFor(peer);
        while (peer.next() <= last && peer.mayPipeline()) {
            if (peer.next() < group.log.firstIndex()) {
                requestSnapshot(peer, speak);
                return;
            }
            if (group.log.isBehindWindow(peer.next()) && peer.inflightBytes() >= CATCH_UP_BYTES_MAX) {
                // A peer that far behind is fed from disk, as fast as it answers and no faster.
                break;
            }
            List<LogEntry> entries = entriesFor(peer);
            send(peer, peer.next() - 1, entries);
            peer.pipelined(peer.next() + entries.size() - 1, EntryWindow.sizeOf(entries));
            spoken = true;
        }
        if (speak && !spoken) {
            heartbeat(peer);
        }
    }

    /** With the latest position sent, so that the answer shows whether anything was lost on the way. */
    private void heartbeat(Progress peer) {
        boolean pipelined = peer.state() == Progress.State.REPLICATE && peer.next() >= group.log.firstIndex();
        send(peer, pipelined ? peer.next() - 1 : group.log.lastIndex(), List.of());
    }

    /** @param speak whether it is time to say something, whatever it leads to */
    private void requestSnapshot(Progress peer, boolean speak) {
        if (group.settledMembership().isMember(peer.peer)) {
            peer.awaitSnapshot();
            group.out.snapshotTo(peer.peer);
            heartbeat(peer);
            return;
        }
        // A snapshot that does not know its receiver would be of no use to it. Until there is one that does, what is
        // said to it is only refused.
        peer.probeFrom(peer.next());
        peer.pause();
        if (speak) {
            heartbeat(peer);
        }
    }

    private List<LogEntry> entriesFor(Progress peer) {
        long most = group.config.settings().entriesBytesMax();
        List<LogEntry> entries = group.log.slice(
                peer.next(),
                lastFor(peer) + 1,
                group.log.isBehindWindow(peer.next()) ? Math.min(most, CATCH_UP_BYTES_MAX) : most);
        return peer.witness ? entries.stream().map(group.config.withoutData()).toList() : entries;
    }

    /**
     * A witness is given nothing that is not on this replica's disk: were it to survive there alone, the witness would refuse its vote to all that
     * could lead.
     */
    private long lastFor(Progress peer) {
        return peer.witness ? group.log.durableIndex() : group.log.lastIndex();
    }

    private void send(Progress peer, long prevIndex, List<LogEntry> entries) {
        long round = round();
        group.out.now(new RaftMessage.Append(
                group.self,
                peer.peer,
                group.term,
                prevIndex,
                group.log.termAt(prevIndex),
                entries,
                group.commit,
                round));
        peer.told(group.commit, round);
        peer.sent(group.now.micros());
    }

    // Sleep

    FrozenRaft.Leading freeze(long firstOwnIndex) {
        int[] ids = new int[peers.length];
        long[] match = new long[peers.length];
        long[] epochs = new long[peers.length];
        boolean[] upToDate = new boolean[peers.length];
        for (int i = 0; i < peers.length; i++) {
            ids[i] = peers[i].peer;
            match[i] = peers[i].match();
            epochs[i] = peers[i].fortifiedEpoch();
            upToDate[i] = peers[i].isUpToDate(group.log.lastIndex(), group.commit);
        }
        return new FrozenRaft.Leading(lease.start(), firstOwnIndex, rounds.current(), ids, match, epochs, upToDate);
    }

    void thaw(FrozenRaft.Leading frozen) {
        for (int i = 0; i < frozen.peers.length; i++) {
            Progress peer = of(frozen.peers[i]);
            if (peer != null) {
                peer.thaw(frozen.match[i], frozen.fortifiedEpoch[i], group.log.lastIndex(), group.log.firstIndex());
                if (frozen.upToDate[i]) {
                    peer.knowsAll(group.log.lastIndex());
                }
            }
        }
    }
}
