package io.flotilla.node.raft;

import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a replica is whatever its role: its term, vote, log and promises, and the rules that hold in every role (Raft figure 2, "all servers").
 *
 * <p>{@code applied <= commit <= log.lastIndex}; term, commit and applied never go back.
 */
final class Consensus implements RaftMessage.Visitor<Boolean> {
    private static final long APPLY_BYTES_MAX = 16L * 1024 * 1024;

    final RaftConfig config;
    final int self;
    final EntryWindow log;
    final Outbox out;
    final Promises promises;
    final ElectionTimer timer;
    final long electionMicros;
    final long heartbeatMicros;
    final long leaseMicros;

    Now now;

    /** Over {@link #membership}. */
    Quorum quorum;

    long term;
    long commit;
    long applied;

    /** Numbers the calls of {@link #step}. */
    long steps;

    private final Configurations configurations;
    private int vote;
    private int leader;
    private Role role;

    /** A snapshot being installed; nothing is applied meanwhile. 0 if there is none. */
    private long installing;

    private long askedMicros = Long.MIN_VALUE / 2;

    /**
     * Restored with entries of which it is not known whether they are committed, for that is made durable only with other things. The leader that this replica
     * waits for takes it to know, and may have fallen silent.
     */
    private boolean inTheDark;

    /** The last term in which this replica let another one campaign first. */
    private long gaveWayIn = -1;

    Consensus(RaftConfig config, HardState restored, LogView view, long applied, @Nullable FrozenRaft frozen, Now now) {
        this.config = config;
        this.self = config.self();
        this.electionMicros = config.settings().electionMillisMin() * 1_000;
        this.heartbeatMicros = config.settings().heartbeatMillis() * 1_000;
        this.leaseMicros = config.settings().leaseMillis() * 1_000;
        this.log = new EntryWindow(view);
        this.configurations = new Configurations(config.membershipOf(), config.membership());
        configurations.scan(view, applied);
        this.quorum = new Quorum(membership());
        this.out = new Outbox(restored);
        this.now = now;
        this.term = restored.term();
        this.vote = restored.vote();
        this.applied = applied;
        this.commit = Math.max(applied, Math.min(restored.commit(), log.lastIndex()));
        Invariant.check(applied <= log.lastIndex(), "applied beyond the log", applied, log.lastIndex());
        Invariant.check(applied >= log.firstIndex() - 1, "log compacted beyond applied", log.firstIndex(), applied);
        boolean mayHavePromised = restored.term() != 0 || log.lastIndex() != 0;
        this.promises = new Promises(config, restored, mayHavePromised, frozen);
        this.inTheDark = frozen == null && promises.isBound() && commit < log.lastIndex();
        this.timer = new ElectionTimer(electionMicros, config.seed());
        timer.restart(now);
        FrozenRaft.Leading leading = frozen == null ? null : frozen.leading;
        this.leader = frozen == null ? promises.leader() : frozen.leader;
        this.role = leading == null ? new Follower(this) : new Leader(this, leading);
        if (quorum.isSingle() && mayCampaign()) {
            timer.hurry(now, membership(), self, self, term); // with nobody to wait for
        }
    }

    Ready step(Now at, RaftEvent event) {
        now = at.micros() >= now.micros() ? at : new Now(now.micros(), at.hybrid());
        steps++;
        int fortified = promises.leader();
        if (promises.look()) {
            waitNoLonger(fortified);
        }
        if (event instanceof RaftEvent.Group group) {
            // Proposals come last and together: all are accepted or none, so one first index tells everything.
            for (RaftEvent each : group.events()) {
                if (!(each instanceof RaftEvent.Propose)) {
                    handle(each);
                }
            }
            handle(RaftEvent.Propose.joined(group.events()));
        } else {
            handle(event);
        }
        role.flush();
        List<LogEntry> apply = takeApplicable();
        log.release(applied);
        return out.take(new HardState(term, vote, commit, promises.leader(), promises.epoch()), log, apply);
    }

    List<Integer> caughtUp() {
        return role.caughtUp();
    }

    Lease lease(Now at) {
        return role.lease(at);
    }

    boolean isQuiet(Now at) {
        return log.isSettled() && applied == commit && installing == 0 && role.isQuiet(at);
    }

    FrozenRaft freeze() {
        return promises.freeze(leader, role.freeze());
    }

    List<Integer> waitsFor() {
        return role.waitsFor();
    }

    RaftStatus status() {
        return new RaftStatus(
                role.kind(), term, leader, commit, applied, log.lastIndex(), role.quorumActive(), role.isHandingOver());
    }

    private void handle(RaftEvent event) {
        if (event instanceof RaftEvent.Received received) {
            receive(received.message());
        } else if (event instanceof RaftEvent.Persisted persisted) {
            log.persisted(persisted.persistNumber());
            role.onPersisted(persisted.persistNumber());
        } else if (event instanceof RaftEvent.Propose propose) {
            if (!propose.payloads().isEmpty()) {
                role.onPropose(propose);
            }
        } else if (event instanceof RaftEvent.Tick) {
            role.onTick();
        } else if (event instanceof RaftEvent.ReadIndex read) {
            role.onReadIndex(read.request());
        } else if (event instanceof RaftEvent.TransferLeadership transfer) {
            role.onTransfer(transfer.toReplica());
        } else if (event instanceof RaftEvent.Campaign) {
            role.onCampaign();
        } else if (event instanceof RaftEvent.SnapshotArrived snapshot) {
            snapshotArrived(snapshot);
        } else if (event instanceof RaftEvent.SnapshotInstalled snapshot) {
            snapshotInstalled(snapshot);
        } else if (event instanceof RaftEvent.SnapshotSent sent) {
            role.onSnapshotSent(sent.toReplica(), sent.success());
        } else if (event instanceof RaftEvent.Unreachable unreachable) {
            role.onUnreachable(unreachable.replica());
        } else if (event instanceof RaftEvent.Force force) {
            force(force);
        } else {
            throw new IllegalArgumentException("a group within a group: " + event);
        }
    }

    /** See {@link RaftEvent.Force}. */
    private void force(RaftEvent.Force event) {
        boolean asExpected = log.lastIndex() == event.lastIndex() && log.lastTerm() == event.lastTerm();
        if (!asExpected || term >= event.term() || installing != 0 || !promises.allowVote(now)) {
            return;
        }
        follow(event.term(), 0);
        append(new LogEntry(log.lastIndex() + 1, term, LogEntry.Kind.CONFIG, event.config()));
        campaign(Campaign.REAL);
    }

    /** Only what is durable here is applied: a state machine must never be ahead of its log after a crash. */
    private List<LogEntry> takeApplicable() {
        long to = Math.min(commit, log.durableIndex());
        if (installing != 0 || to <= applied) {
            return List.of();
        }
        List<LogEntry> entries = log.range(applied + 1, to + 1, APPLY_BYTES_MAX);
        applied += entries.size();
        configurations.applied(applied);
        return entries;
    }

    // Roles

    boolean electionDue() {
        return timer.isDue(now);
    }

    int leader() {
        return leader;
    }

    private void become(Role next) {
        role.leave();
        role = next;
    }

    /** The vote is kept when the term stays: it was given away for this term. */
    void follow(long newTerm, int newLeader) {
        Invariant.check(newTerm >= term, "the term must not go back", newTerm, term);
        if (newTerm > term) {
            term = newTerm;
            vote = 0;
        }
        leader = newLeader;
        if (!(role instanceof Follower)) {
            become(new Follower(this));
            timer.restart(now);
        }
    }

    /** {@code gone} leads no more, and whoever it was that noticed has waited long enough. */
    private void waitNoLonger(int gone) {
        if (leader == gone) {
            leader = 0;
        }
        timer.hurry(now, membership(), self, gone, term);
    }

    boolean mayCampaign() {
        return membership().mayLead(self);
    }

    /** Campaigns unless a leader may rely on this replica, which binds its own vote too. */
    void campaignIfFree() {
        if (promises.allowVote(now) && mayCampaign()) {
            campaign(quorum.isSingle() ? Campaign.REAL : Campaign.PRE);
        }
    }

    void campaign(Campaign campaign) {
        if (!mayCampaign()) {
            return;
        }
        leader = 0;
        if (!campaign.pre()) {
            term++;
            vote = self;
            // Whoever sends this replica to take over is waited for no longer, by it as by its voters.
            promises.asksForVotes(self, term, campaign.transfer());
        }
        timer.campaigning(now, role.kind() == RaftStatus.Role.PRE_CANDIDATE && !campaign.pre());
        Candidate candidate = new Candidate(this, campaign);
        become(candidate);
        candidate.start();
    }

    void lead(Timestamp leaseStart) {
        leader = self;
        Leader next = new Leader(this, leaseStart);
        become(next);
        next.start();
    }

    // Membership

    /** The latest in the log, committed or not (Raft §6). */
    Membership membership() {
        return configurations.latest();
    }

    /** As of what is applied: what a snapshot taken now would say. */
    Membership settledMembership() {
        return configurations.settled();
    }

    /** Whether the latest change is through: committed, and applied here. */
    boolean isChangeApplied() {
        return configurations.latestIndex() <= applied;
    }

    /** The position of the latest change. */
    long changeIndex() {
        return configurations.latestIndex();
    }

    void append(LogEntry entry) {
        log.append(entry);
        if (configurations.appended(entry)) {
            membershipChanged();
        }
    }

    private void truncateFrom(long index) {
        log.truncateFrom(index);
        if (configurations.truncatedFrom(index)) {
            membershipChanged();
        }
    }

    private void membershipChanged() {
        quorum = new Quorum(membership());
        role.onMembership();
    }

    // Messages

    private void receive(RaftMessage message) {
        role.onSign(message.from());
        message.accept(this);
    }

    @Override
    public Boolean visit(RaftMessage.VoteRequest request) {
        if (promises.asksForVotes(request.from(), request.term(), request.transfer())) {
            timer.restart(now);
        }
        boolean free = request.transfer() || role.mayVote();
        if (!request.pre() && free && request.term() > term) {
            follow(request.term(), 0);
        }
        boolean upToDate = request.lastTerm() > log.lastTerm()
                || (request.lastTerm() == log.lastTerm() && request.lastIndex() >= log.lastIndex());
        if (!free) {
            askFortified();
        }
        if (request.pre()) {
            // A pre-vote binds nobody and refreshes nothing; the answer of one who knows a higher term helps a stuck
            // asker on.
            boolean granted = free && upToDate && request.term() > term;
            if (granted) {
                giveWay(request);
            }
            out.now(new RaftMessage.VoteReply(
                    self, request.from(), granted ? request.term() : term, true, granted, Timestamp.ZERO));
            return granted;
        }
        boolean granted = free && upToDate && request.term() == term && (vote == 0 || vote == request.from());
        if (granted) {
            follow(term, leader);
            vote = request.from();
            timer.restart(now);
        }
        Timestamp seen = granted ? promises.leaseSeen() : Timestamp.ZERO;
        out.afterPersist(new RaftMessage.VoteReply(self, request.from(), term, false, granted, seen));
        return granted;
    }

    /**
     * Two that campaign at the same moment split the votes, and nobody leads for a while: so who asked first goes first, and of two that have asked each
     * other the one with the better log or the smaller id. Once in a term, lest one that cannot win keep others from trying.
     */
    private void giveWay(RaftMessage.VoteRequest request) {
        boolean asking = role.kind() == RaftStatus.Role.PRE_CANDIDATE;
        boolean equal = request.lastTerm() == log.lastTerm() && request.lastIndex() == log.lastIndex();
        boolean comes = role.kind() == RaftStatus.Role.FOLLOWER || (asking && (!equal || request.from() < self));
        if (!comes || gaveWayIn == term) {
            return;
        }
        gaveWayIn = term;
        if (asking) {
            follow(term, 0);
        }
        timer.giveWay(now, asking);
    }

    boolean isInTheDark() {
        return inTheDark;
    }

    /** Whoever is waited for may lead no more, and its word of that be lost; or it leads, and has more to say than it thinks. */
    void askFortified() {
        if (promises.isBound() && now.micros() - askedMicros >= 2 * electionMicros) {
            askedMicros = now.micros();
            out.now(new RaftMessage.AskDefortify(self, promises.leader(), promises.term()));
        }
    }

    @Override
    public Boolean visit(RaftMessage.VoteReply reply) {
        if (reply.term() > term && !(reply.pre() && reply.granted())) {
            outrun(reply.term());
            return false;
        }
        role.onVoteReply(reply);
        return true;
    }

    @Override
    public Boolean visit(RaftMessage.Append append) {
        if (append.term() < term) {
            // Answered, so that a leader left behind learns the term and steps down. Round 0: should the sender lead
            // this later term by now,
            // then its old round must not pass for one of the new term.
            out.afterPersist(new RaftMessage.AppendReply(self, append.from(), term, false, 0, 0, 0));
            return false;
        }
        Invariant.check(
                !(role instanceof Leader && append.term() == term), "two leaders in a term", append.from(), self);
        heed(append.from(), append.term());
        inTheDark = false;
        return accept(append);
    }

    /**
     * The leader of a term not below ours has spoken. If the stores do not let it be fortified, it can serve nobody, and its word keeps nobody from
     * looking for a better one.
     */
    private void heed(int speaker, long speakersTerm) {
        boolean fresh = speakersTerm > term;
        boolean bound = promises.followed(speaker, speakersTerm);
        if (fresh || bound || role.kind() != RaftStatus.Role.PRE_CANDIDATE) {
            follow(speakersTerm, speaker);
        } else {
            leader = speaker;
        }
        if (fresh || bound) {
            timer.restart(now);
        }
    }

    /** A later term has begun somewhere. Who waits for its leader has no use for that. */
    private void outrun(long laterTerm) {
        if (!promises.isBound()) {
            follow(laterTerm, 0);
        }
    }

    /** Raft figure 2, AppendEntries, receiver. */
    private boolean accept(RaftMessage.Append append) {
        long prev = append.prevIndex();
        List<LogEntry> entries = append.entries();
        long end = prev + entries.size();
        if (end <= commit) {
            // Late or repeated: what is committed matches every leader's log.
            reply(append, true, commit, 0);
            return true;
        }
        if (prev > commit && !(prev <= log.lastIndex() && log.termAt(prev) == append.prevTerm())) {
            long meet = log.lastIndexUpToTerm(commit, Math.min(prev, log.lastIndex()), append.prevTerm());
            meet = Math.max(meet, commit);
            reply(append, false, meet + 1, log.termAt(meet));
            return false;
        }
        int at = (int) Math.max(0, commit - prev);
        if (commit >= prev && commit > 0) {
            long theirs =
                    commit == prev ? append.prevTerm() : entries.get(at - 1).term();
            Invariant.check(theirs == log.termAt(commit), "a committed entry must stay", theirs, log.termAt(commit));
        }
        while (at < entries.size()
                && entries.get(at).index() <= log.lastIndex()
                && log.termAt(entries.get(at).index()) == entries.get(at).term()) {
            at++;
        }
        if (at < entries.size()) {
            long conflict = entries.get(at).index();
            if (conflict <= log.lastIndex()) {
                Invariant.check(conflict > commit, "a committed entry must stay", conflict, commit);
                truncateFrom(conflict);
            }
            for (; at < entries.size(); at++) {
                append(entries.get(at));
            }
        }
        commit = Math.max(commit, Math.min(append.commit(), end));
        reply(append, true, end, 0);
        return true;
    }

    private void reply(RaftMessage.Append append, boolean success, long index, long conflictTerm) {
        out.afterPersist(new RaftMessage.AppendReply(
                self,
                append.from(),
                term,
                success,
                index,
                conflictTerm,
                append.round(),
                promises.epochOf(append.from())));
    }

    @Override
    public Boolean visit(RaftMessage.AppendReply reply) {
        if (reply.term() > term) {
            outrun(reply.term());
        } else if (reply.term() == term) {
            role.onAppendReply(reply);
        }
        return true;
    }

    @Override
    public Boolean visit(RaftMessage.TimeoutNow message) {
        if (message.term() == term) {
            role.onTimeoutNow(message);
        }
        return true;
    }

    /** Nobody's term is raised by it. */
    @Override
    public Boolean visit(RaftMessage.AskDefortify ask) {
        RaftStatus.Role kind = role.kind();
        boolean mayLeadNow = kind == RaftStatus.Role.LEADER || kind == RaftStatus.Role.CANDIDATE;
        long notLed = mayLeadNow ? term - 1 : term;
        if (notLed >= ask.term()) {
            // Were the term forgotten, it might be led after all.
            out.afterPersist(new RaftMessage.Defortify(self, ask.from(), notLed, promises.servedUpTo(now)));
        } else {
            role.onAsked(ask.from());
        }
        return true;
    }

    @Override
    public Boolean visit(RaftMessage.Defortify message) {
        if (promises.leadsNoMore(message.from(), message.term(), message.servedUpTo())) {
            waitNoLonger(message.from());
        }
        return true;
    }

    // Snapshots

    private void snapshotArrived(RaftEvent.SnapshotArrived snapshot) {
        if (snapshot.term() < term) {
            return;
        }
        heed(snapshot.from(), snapshot.term());
        long index = snapshot.index();
        if (index <= commit || log.holds(index, snapshot.indexTerm())) {
            // Known already. Entries behind it may have been acknowledged and must not go.
            commit = Math.max(commit, index);
            acknowledge(snapshot.from(), commit);
        } else {
            installing = Math.max(installing, index);
            out.installSnapshot();
        }
    }

    private void snapshotInstalled(RaftEvent.SnapshotInstalled snapshot) {
        long index = snapshot.index();
        if (index >= installing) {
            installing = 0;
        }
        boolean changed = false;
        if (!log.holds(index, snapshot.indexTerm()) && index > commit) {
            changed = configurations.truncatedFrom(applied + 1);
            log.resetTo(index, snapshot.indexTerm());
        }
        if (index > applied) {
            changed |= configurations.installed(index, snapshot.membership());
        }
        if (changed) {
            membershipChanged();
        }
        commit = Math.max(commit, index);
        applied = Math.max(applied, index);
        acknowledge(snapshot.from(), index);
    }

    private void acknowledge(int from, long index) {
        out.afterPersist(new RaftMessage.AppendReply(self, from, term, true, index, 0, 0));
    }
}
