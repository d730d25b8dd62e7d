package io.flotilla.node.raft;

import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import java.util.List;
import java.util.Objects;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/** Replicates, commits, and holds the lease (Raft §5.3, §5.4, §8; thesis §6.4). */
final class Leader extends Role {
    /**
     * Bytes read back at once for a peer that fell behind what is in memory, and what may be under way to it before the next are read: this happens in
     * the group's turn, which others wait for.
     */
    private static final long CATCH_UP_BYTES_MAX = 256 * 1024;

    /** A voter that lacks no more than so many committed entries will have them in a moment. */
    private static final long CAUGHT_UP_ENTRIES = 128;

    private final Peers peers;
    private final ReadRequests reads;
    private final Rounds rounds = new Rounds();

    /** The first entry of this term; when it is committed, so is everything before it that ever was (Raft §8). */
    private final long firstOwnIndex;

    private final Timestamp leaseStart;
    private final long checkQuorumMicros;
    private final IntToLongFunction matchOf = this::matchOf;
    private final IntToLongFunction ackedRoundOf = this::ackedRoundOf;
    private final IntToLongFunction heardMicrosOf = this::heardMicrosOf;
    private Lease lease = Lease.NONE;
    private long leaseRound;
    private @Nullable Transfer transfer;

    /** The step in which the current round was opened. */
    private long roundStep = -1;

    private boolean broadcast;

    Leader(Consensus group, Timestamp leaseStart) {
        super(group);
        this.leaseStart = leaseStart;
        this.firstOwnIndex = group.log.lastIndex() + 1;
        this.checkQuorumMicros = 2 * group.electionMicros;
        this.reads = new ReadRequests(group.out);
        this.peers = new Peers(group.self, group.config.settings());
        peers.become(group.membership(), firstOwnIndex, group.now.micros());
    }

    /** Called once this is the group's role. */
    void start() {
        group.append(LogEntry.empty(firstOwnIndex, group.term));
        broadcast = true;
    }

    @Override
    RaftStatus.Role kind() {
        return RaftStatus.Role.LEADER;
    }

    // Time

    @Override
    void onTick() {
        long nowMicros = group.now.micros();
        if (!quorumActive()) {
            // Thesis §6.2: a leader cut off from its quorum must not keep its clients waiting.
            group.follow(group.term, 0);
            return;
        }
        if (transfer != null && nowMicros >= transfer.deadlineMicros()) {
            if (transfer.sent()) {
                group.follow(group.term, 0);
                return;
            }
            transfer = null;
        }
        for (Progress peer : peers.all()) {
            if (peer.isSnapshotOverdue(nowMicros, checkQuorumMicros)) {
                peer.probeFrom(peer.match() + 1);
            }
        }
    }

    @Override
    boolean quorumActive() {
        return group.now.micros() - group.quorum.reachedBy(heardMicrosOf) <= checkQuorumMicros;
    }

    /** A leader whose quorum listens is not deposed by somebody who cannot hear it. */
    @Override
    boolean mayVote() {
        return group.now.micros() - group.quorum.reachedBy(heardMicrosOf) >= group.electionMicros;
    }

    // Requests

    @Override
    void onPropose(RaftEvent.Propose proposal) {
        if (transfer != null) {
            group.out.refused(new ProposalRefusal.HandingOver());
            return;
        }
        ProposalRefusal refusal = refusalOfChange(proposal);
        if (refusal != null) {
            group.out.refused(refusal);
            return;
        }
        long index = group.log.lastIndex() + 1;
        group.out.proposed(index);
        List<byte[]> payloads = proposal.payloads();
        for (int i = 0; i < payloads.size(); i++) {
            group.append(new LogEntry(index++, group.term, proposal.kind(i), payloads.get(i)));
        }
    }

    private @Nullable ProposalRefusal refusalOfChange(RaftEvent.Propose proposal) {
        int at = proposal.kinds().indexOf(LogEntry.Kind.CONFIG);
        if (at < 0) {
            return null;
        }
        if (group.commit < firstOwnIndex) {
            return new ProposalRefusal.TooEarly();
        }
        if (!group.isChangeApplied()) {
            return new ProposalRefusal.ChangeUnderWay(group.changeIndex());
        }
        if (proposal.kinds().lastIndexOf(LogEntry.Kind.CONFIG) != at) {
            return new ProposalRefusal.ChangeUnderWay(group.log.lastIndex() + 1 + at);
        }
        Membership next = group.config.membershipOf().apply(proposal.payloads().get(at));
        return ChangeGate.refusalOf(group.membership(), next, group.self, this::isCaughtUp);
    }

    private boolean isCaughtUp(int replica) {
        Progress peer = peers.of(replica);
        return replica == group.self
                || (peer != null
                        && peer.state() == Progress.State.REPLICATE
                        && peer.match() + CAUGHT_UP_ENTRIES >= group.commit);
    }

    @Override
    void onMembership() {
        peers.become(group.membership(), group.log.lastIndex(), group.now.micros());
        broadcast = true;
    }

    @Override
    void onReadIndex(long request) {
        // The round opened here has not left yet: who acknowledges it, followed this leader after the request came in.
        if (group.commit < firstOwnIndex) {
            reads.addEarly(request, round());
        } else {
            reads.add(request, group.commit, round());
        }
        broadcast = true;
    }

    @Override
    void onTransfer(int toReplica) {
        // A replica that is cold, or on its way out, would only lengthen the pause.
        Membership membership = group.membership();
        boolean fit = membership.mayLead(toReplica) && membership.voters().contains(toReplica);
        if (transfer != null || toReplica == group.self || !fit || !isCaughtUp(toReplica)) {
            return;
        }
        transfer = new Transfer(toReplica, group.now.micros() + group.electionMicros, false);
        continueTransfer();
    }

    @Override
    void onCampaign() {
        // Leading already.
    }

    @Override
    void onTimeoutNow(RaftMessage.TimeoutNow message) {
        // Only a leader sends it, and in this term that is this replica.
    }

    // Replication

    @Override
    void onPersisted(long number) {
        advanceCommit();
    }

    @Override
    void onAppendReply(RaftMessage.AppendReply reply) {
        Progress peer = peers.of(reply.from());
        if (peer == null) {
            return;
        }
        if (reply.round() > 0) {
            peer.heard(group.now.micros(), reply.round());
        }
        if (reply.success()) {
            Invariant.check(
                    reply.index() <= group.log.lastIndex(),
                    "a follower acknowledges what was never sent",
                    reply.index(),
                    group.log.lastIndex());
            peer.matched(reply.index(), group.log.firstIndex());
            advanceCommit();
            continueTransfer();
        } else if (reply.round() > 0) {
            backOff(peer, reply);
        }
        extendLease();
    }

    /** Raft §5.3, end: skip whole terms that cannot match. */
    private void backOff(Progress peer, RaftMessage.AppendReply reply) {
        if (reply.index() <= peer.match() || !peer.isNews(reply.round())) {
            return;
        }
        long first = group.log.firstIndex();
        long high = Math.min(reply.index() - 1, group.log.lastIndex());
        long low = Math.max(peer.match(), first - 1);
        long next = high < low ? high + 1 : group.log.lastIndexUpToTerm(low, high, reply.conflictTerm()) + 1;
        if (peer.state() != Progress.State.SNAPSHOT || next >= first) {
            peer.probeFrom(next);
        }
    }

    @Override
    void onUnreachable(int replica) {
        Progress peer = peers.of(replica);
        if (peer != null && peer.state() == Progress.State.REPLICATE) {
            peer.probeFrom(peer.match() + 1);
            peer.pause();
        }
    }

    @Override
    void onSnapshotSent(int toReplica, boolean success) {
        Progress peer = peers.of(toReplica);
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

    private void advanceCommit() {
        long reached = group.quorum.reachedBy(matchOf);
        // Raft §5.4.2: only entries of the own term are committed by counting replicas.
        if (reached <= group.commit || reached < firstOwnIndex) {
            return;
        }
        group.commit = reached;
        reads.commitKnown(reached);
        if (!reads.isEmpty()) {
            reads.confirmed(group.quorum.reachedBy(ackedRoundOf));
        }
    }

    private void continueTransfer() {
        Transfer current = transfer;
        if (current == null || current.sent()) {
            return;
        }
        Progress target = peers.of(current.toReplica());
        if (target == null || target.match() != group.log.lastIndex()) {
            return;
        }
        // The shell serves nothing above its own hybrid clock, so what it served is below this reading.
        Timestamp servedUpTo = group.now.hybrid().max(leaseStart);
        transfer = new Transfer(current.toReplica(), group.now.micros() + group.electionMicros, true);
        lease = Lease.NONE;
        group.out.now(new RaftMessage.TimeoutNow(group.self, current.toReplica(), group.term, servedUpTo));
    }

    // Lease

    private boolean isLeaseGone() {
        return transfer != null && transfer.sent();
    }

    /** Counted from the sending of the latest round that a quorum acknowledged. */
    private void extendLease() {
        long round = group.quorum.reachedBy(ackedRoundOf);
        reads.confirmed(round);
        if (round <= leaseRound || !rounds.remembers(round) || isLeaseGone()) {
            return;
        }
        leaseRound = round;
        Timestamp bound = rounds.bound(round);
        group.promises.saw(bound);
        lease = new Lease(group.term, leaseStart, bound, rounds.sentMicros(round) + group.leaseMicros);
    }

    @Override
    Lease lease() {
        boolean ready = group.applied >= firstOwnIndex && group.now.hybrid().isAfter(leaseStart);
        return ready && !isLeaseGone() ? lease : Lease.NONE;
    }

    private long round() {
        if (roundStep != group.steps) {
            roundStep = group.steps;
            // After a transfer nothing is served on the strength of any message.
            Timestamp bound =
                    isLeaseGone() ? Timestamp.ZERO : group.now.hybrid().plusMicros(group.leaseMicros);
            rounds.open(group.now.micros(), bound);
        }
        return rounds.current();
    }

    // Sending

    @Override
    void flush() {
        long heartbeatDueMicros = group.now.micros() - group.heartbeatMicros;
        for (Progress peer : peers.all()) {
            boolean speak = broadcast || peer.sentMicros() <= heartbeatDueMicros;
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
        if (group.quorum.isSingle()) {
            round();
            extendLease();
        }
        broadcast = false;
    }

    private void probe(Progress peer, boolean speak) {
        boolean fresh = peer.mayProbe();
        if (!fresh && !speak) {
            return;
        }
        if (peer.next() < group.log.firstIndex()) {
            requestSnapshot(peer);
            return;
        }
        // A probe that was not answered is repeated without its load.
        send(peer, peer.next() - 1, fresh ? entriesFor(peer) : List.of());
        peer.probed(round());
    }

    private void pipeline(Progress peer, boolean speak) {
        boolean spoken = false;
        long last = group.log.lastIndex();
        while (peer.next() <= last && peer.mayPipeline()) {
            if (peer.next() < group.log.firstIndex()) {
                requestSnapshot(peer);
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

    private void requestSnapshot(Progress peer) {
        peer.awaitSnapshot();
        group.out.snapshotTo(peer.peer);
        heartbeat(peer);
    }

    private List<LogEntry> entriesFor(Progress peer) {
        long most = group.config.settings().entriesBytesMax();
        List<LogEntry> entries = group.log.slice(
                peer.next(),
                group.log.lastIndex() + 1,
                group.log.isBehindWindow(peer.next()) ? Math.min(most, CATCH_UP_BYTES_MAX) : most);
        return peer.witness ? entries.stream().map(group.config.withoutData()).toList() : entries;
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
                round,
                rounds.bound(round)));
        peer.sent(group.now.micros());
    }

    @Override
    void leave() {
        reads.refuseAll();
    }

    private long matchOf(int voter) {
        // The leader counts itself only for what is on its own disk (thesis §10.2.1).
        return voter == group.self ? group.log.durableIndex() : peer(voter).match();
    }

    private long ackedRoundOf(int voter) {
        return voter == group.self ? rounds.current() : peer(voter).ackedRound();
    }

    private long heardMicrosOf(int voter) {
        return voter == group.self ? group.now.micros() : peer(voter).heardMicros();
    }

    private Progress peer(int voter) {
        return Objects.requireNonNull(peers.of(voter));
    }
}
