package io.flotilla.node.liveness;

import io.flotilla.config.lang.Invariant;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Now;
import io.flotilla.node.raft.Support;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One store's part in store liveness, towards all others: asks each for support, supports each that is alive. Single-threaded; deterministic in
 * (config, restored state, events).
 *
 * <p>Each event also does what was due by then, so it does no harm if ticks are late; but the shell should {@link #tick} at {@link #nextTickMicros}. If
 * nothing at all came in for a while after that, the process stood still: what it did not hear meanwhile is no sign of anybody's death, and all support
 * it gives lasts longer by that while.
 */
public final class StoreLiveness {
    /** One other store. */
    private static final class Peer {
        final int node;
        final Given given;
        final Asked asked = new Asked();

        /** Left the cluster: it is not spoken to. */
        boolean gone;

        /** When it was last asked for its support. */
        long askedMicros = Long.MIN_VALUE / 2;

        /** An epoch that was given up and is not resigned yet. */
        long farewell = Support.NO_EPOCH;

        Peer(int node, Given given) {
            this.node = node;
            this.given = given;
        }
    }

    private final LivenessConfig config;
    private final long heartbeatMicros;
    private final long supportMicros;
    private final long leaseMicros;
    private final Timestamp floor;

    /** Nothing above was served by an earlier life of this store, whose clock may have been ahead of this one's. */
    private final Timestamp servedBefore;

    private final TreeMap<Integer, Peer> peers = new TreeMap<>();

    private long epochMax;
    private long number;
    private long durable;

    private ClockBound clock;
    private long clockWith;

    /** The highest reading of it that another store has not refused, and when any was last heard. */
    private Timestamp accepted = Timestamp.ZERO;

    private long heardMicros;

    private boolean unsaved;
    private boolean stalled;
    private boolean resigned;
    private boolean farewells;
    private long heartbeatAtMicros;
    private long nextTickMicros;

    private final List<LivenessReady.Outgoing> send = new ArrayList<>();
    private final List<LivenessFact> facts = new ArrayList<>();
    private boolean changed = true;
    private LivenessView view;

    /**
     * Speaks with an epoch of its own, above all that any earlier life of this store has used.
     *
     * @param restored what was durable, or {@link LivenessState#INITIAL}
     * @param now when the store started; its clock is not below what {@link ClockMark#at} of {@code restored} says for then
     */
    public StoreLiveness(LivenessConfig config, LivenessState restored, Now now) {
        this.config = config;
        this.heartbeatMicros = config.settings().heartbeatMillis() * 1_000;
        this.supportMicros = config.settings().supportMillis() * 1_000;
        this.leaseMicros = config.leaseMillis() * 1_000;
        this.servedBefore = now.hybrid().plusMicros(config.maxClockOffsetMicros());
        this.floor = now.hybrid().plusMicros(config.maxClockOffsetMicros() + leaseMicros);
        this.epochMax = restored.epochMax();
        this.clock = ClockBound.restored(config.boot(), restored.clock());
        this.heartbeatAtMicros = now.micros();
        this.heardMicros = now.micros();
        this.nextTickMicros = now.micros();
        for (LivenessState.Record record : restored.records()) {
            Given given = new Given(floor);
            given.restore(record, now.micros() + supportMicros);
            peers.put(record.node(), new Peer(record.node(), given));
        }
        takeNewEpoch();
        this.view = buildView();
    }

    /** The latest view; to be published before the effects of the event that made it. */
    public LivenessView view() {
        return view;
    }

    /** When the next tick is due, on the monotonic clock. */
    public long nextTickMicros() {
        return nextTickMicros;
    }

    // Events

    public LivenessReady tick(Now now) {
        advanceTo(now);
        return finish();
    }

    public LivenessReady received(Now now, int from, LivenessMessage message) {
        heardMicros = now.micros();
        advanceTo(now);
        Peer peer = peers.get(from);
        if (peer == null) {
            peer = add(now, from);
        }
        if (!peer.gone) {
            message.accept(new Arrival(now, peer));
        }
        return finish();
    }

    /** Everything that was to be persisted with numbers up to this one is durable. */
    public LivenessReady persisted(Now now, long upTo) {
        Invariant.check(upTo <= number, "only what was asked for becomes durable", upTo, number);
        advanceTo(now);
        if (upTo > durable) {
            long before = durable;
            durable = upTo;
            boolean freed = false;
            if (!clock.isSettled() && durable >= clockWith) {
                freed = now.hybrid().isAfter(clock.at(now.micros()));
                clock = clock.settled();
                changed = true;
            }
            for (Peer peer : peers.values()) {
                if (peer.given.settles(durable)) {
                    settle(now, peer);
                }
                if (!peer.gone && (freed || peer.asked.becameUsable(before, durable))) {
                    heartbeat(now, peer);
                }
            }
        }
        return finish();
    }

    /** That node may share a range with this one. */
    public LivenessReady know(Now now, int node) {
        advanceTo(now);
        Peer peer = peers.get(node);
        if (node != config.self() && (peer == null || peer.gone)) {
            add(now, node);
        }
        return finish();
    }

    /** That node has left the cluster. What it was promised stands until it runs out. */
    public LivenessReady forget(Now now, int node) {
        advanceTo(now);
        Peer peer = peers.get(node);
        if (peer != null && !peer.gone) {
            peer.gone = true;
            peer.asked.giveUp();
            changed = true;
        }
        return finish();
    }

    /** The disk takes too long, or is well again. While it stands still this store wants no support: it could lead nobody. */
    public LivenessReady diskStalled(Now now, boolean standsStill) {
        advanceTo(now);
        if (standsStill != stalled) {
            boolean wasSpeaking = speaks();
            stalled = standsStill;
            if (wasSpeaking && !speaks()) {
                giveUp();
            } else if (!wasSpeaking && speaks()) {
                takeNewEpoch();
            }
        }
        return finish();
    }

    /** For good: this process is about to stop. It relies on nobody from now on and still keeps what it promised. */
    public LivenessReady resign(Now now) {
        advanceTo(now);
        if (!resigned) {
            boolean wasSpeaking = speaks();
            resigned = true;
            if (wasSpeaking) {
                giveUp();
            }
        }
        return finish();
    }

    // Time

    private void advanceTo(Now now) {
        moveClock(now);
        sayFarewell(now);
        long late = now.micros() - nextTickMicros;
        if (late < 0) {
            return;
        }
        for (Peer peer : peers.values()) {
            if (late > heartbeatMicros / 2) {
                peer.given.extendBy(late);
                changed = true;
            }
            if (peer.given.hasRunOut(now.micros())) {
                withdraw(peer, peer.given.newest());
            }
        }
        if (now.micros() >= heartbeatAtMicros) {
            heartbeatAtMicros = now.micros() + heartbeatMicros;
            for (Peer peer : peers.values()) {
                ask(now, peer);
            }
        }
    }

    private void moveClock(Now now) {
        ClockBound next = clock.ahead(now, config.clockStepMicros(), isTrusted(now));
        if (!next.equals(clock)) {
            clock = next;
            clockWith = unsaved();
            changed = true;
        }
    }

    /**
     * Whether what the clock shows may become this store's past. A clock that runs ahead, or that is wrong when the machine begins, is refused by the others,
     * so nothing is served by it; and were it written, a life with the right time would have to wait for it. Others who say nothing can refuse nothing.
     */
    private boolean isTrusted(Now now) {
        return peers.isEmpty()
                || now.hybrid().microsSince(accepted) <= supportMicros
                || now.micros() - heardMicros >= supportMicros;
    }

    /** Up to where this store says that it serves. */
    private Timestamp ownBound(Now now) {
        return now.hybrid().min(clock.at(now.micros())).plusMicros(leaseMicros);
    }

    /** Whether a later life of this store would know that its strength was leaned on up to there: its clock will not be below what is durable of this one's. */
    private boolean wouldRemember(Now now, Timestamp bound) {
        return !bound.isAfter(clock.at(now.micros()).plusMicros(config.maxClockOffsetMicros() + leaseMicros));
    }

    private void planNextTick() {
        long next = heartbeatAtMicros;
        for (Peer peer : peers.values()) {
            if (peer.given.isTicking()) {
                next = Math.min(next, peer.given.untilMicros());
            }
        }
        nextTickMicros = next;
    }

    // Asking for support

    private boolean speaks() {
        return !stalled && !resigned;
    }

    private void takeNewEpoch() {
        epochMax++;
        long with = unsaved();
        for (Peer peer : peers.values()) {
            if (!peer.gone) {
                peer.asked.take(epochMax, with);
            }
        }
    }

    private void giveUp() {
        for (Peer peer : peers.values()) {
            if (peer.asked.maySpeak(durable)) {
                peer.farewell = peer.asked.epoch();
            }
            peer.asked.giveUp();
        }
        farewells = true;
        changed = true;
    }

    /**
     * The others hear of it with the event after the one that gave up: by then all who serve here have the view without support, and nothing that they
     * served is above the clock as it is now. It is a word on earlier epochs too, and so on earlier lives.
     */
    private void sayFarewell(Now now) {
        if (!farewells) {
            return;
        }
        farewells = false;
        for (Peer peer : peers.values()) {
            if (peer.farewell != Support.NO_EPOCH) {
                send(peer, new LivenessMessage.Resign(peer.farewell, servedBefore.max(now.hybrid())));
                peer.farewell = Support.NO_EPOCH;
            }
        }
    }

    /**
     * Asks a peer for its support, unless that was done less than half a heartbeat ago. Done with each answer to the peer's own heartbeat too: both go in
     * one envelope, and of two stores one follows the other's rhythm.
     */
    private void ask(Now now, Peer peer) {
        if (now.micros() - peer.askedMicros >= heartbeatMicros / 2) {
            heartbeat(now, peer);
        }
    }

    private void heartbeat(Now now, Peer peer) {
        if (peer.asked.maySpeak(durable)) {
            peer.askedMicros = now.micros();
            send(peer, peer.asked.heartbeat(now, ownBound(now)));
        }
    }

    private Peer add(Now now, int node) {
        Invariant.check(node != config.self(), "a store asks only others for support", node, config.self());
        Peer known = peers.get(node);
        Peer peer = known == null ? new Peer(node, new Given(floor)) : known;
        peer.gone = false;
        peers.put(node, peer);
        changed = true;
        if (speaks()) {
            if (known == null) {
                // The epoch of this life was never used towards it.
                peer.asked.take(epochMax, unsaved ? number + 1 : number);
            } else {
                epochMax++;
                peer.asked.take(epochMax, unsaved());
            }
            heartbeat(now, peer);
        }
        return peer;
    }

    // Giving support

    private void withdraw(Peer peer, long epoch) {
        peer.given.withdraw(epoch, unsaved());
    }

    private void settle(Now now, Peer peer) {
        Given given = peer.given;
        long before = given.publish(now.micros() + supportMicros);
        changed = true;
        if (before != Support.NO_EPOCH && before != given.published()) {
            facts.add(new LivenessFact.Withdrawn(peer.node, before));
        }
        if (given.isWanted()) {
            if (wouldRemember(now, given.bounds().of(given.newest()))) {
                reply(now, peer, given.newest(), given.round(), supportMicros);
            }
        } else {
            reply(now, peer, given.newest(), 0, 0);
        }
    }

    private void reply(Now now, Peer peer, long epoch, long round, long remainingMicros) {
        if (!peer.gone) {
            send(peer, new LivenessMessage.Reply(epoch, round, remainingMicros, peer.given.newest(), now.micros()));
        }
    }

    private final class Arrival implements LivenessMessage.Visitor<Boolean> {
        private final Now now;
        private final Peer peer;

        Arrival(Now now, Peer peer) {
            this.now = now;
            this.peer = peer;
        }

        @Override
        public Boolean visit(LivenessMessage.Heartbeat heartbeat) {
            Given given = peer.given;
            long age = now.micros() - heartbeat.stamp();
            boolean firstContact = heartbeat.stamp() == LivenessMessage.NO_STAMP;
            boolean hearsUs = !firstContact && age >= 0 && age < supportMicros;
            if (heartbeat.epoch() > given.newest()) {
                if (firstContact || hearsUs) {
                    given.support(heartbeat.epoch(), unsaved());
                    if (given.heard(heartbeat)) {
                        given.bound(heartbeat.bound());
                        changed = true;
                    }
                } else {
                    reply(now, peer, heartbeat.epoch(), heartbeat.round(), 0);
                }
            } else if (heartbeat.epoch() < given.newest() || !given.isWanted()) {
                reply(now, peer, heartbeat.epoch(), heartbeat.round(), 0);
            } else if (wouldRemember(now, heartbeat.bound()) && given.heard(heartbeat)) {
                changed = true;
                if (given.isSettled()) {
                    renew(heartbeat, hearsUs);
                } else {
                    given.bound(heartbeat.bound());
                }
            }
            return true;
        }

        private void renew(LivenessMessage.Heartbeat heartbeat, boolean hearsUs) {
            if (hearsUs) {
                peer.given.extendTo(heartbeat.stamp() + supportMicros);
            }
            long remaining = peer.given.untilMicros() - now.micros();
            long reliable = config.reliableMicros(remaining);
            if (reliable > 0) {
                // One that hears nobody goes on announcing bounds that it will never reach.
                peer.given.bound(config.boundWorth(heartbeat.bound(), reliable));
            }
            if (remaining <= 0) {
                withdraw(peer, heartbeat.epoch());
            }
            reply(now, peer, heartbeat.epoch(), heartbeat.round(), Math.max(0, remaining));
            if (speaks()) {
                ask(now, peer);
            }
        }

        @Override
        public Boolean visit(LivenessMessage.Reply reply) {
            Asked asked = peer.asked;
            boolean fresh = asked.heard(reply);
            accepted = accepted.max(asked.accepted());
            moveClock(now);
            if (reply.epoch() != asked.epoch() || !asked.maySpeak(durable)) {
                return false;
            }
            if (reply.remainingMicros() > 0) {
                boolean before = asked.isSupportedAt(now.micros());
                asked.supported(config, reply.round(), reply.remainingMicros());
                changed = true;
                if (!before && asked.isSupportedAt(now.micros())) {
                    facts.add(new LivenessFact.Supported(peer.node, asked.epoch()));
                }
            } else if (reply.newest() >= reply.epoch()) {
                epochMax = Math.max(epochMax, reply.newest()) + 1;
                asked.take(epochMax, unsaved());
                changed = true;
            } else if (fresh) {
                // It wants to see first that we hear it; now we do.
                heartbeat(now, peer);
            }
            return true;
        }

        @Override
        public Boolean visit(LivenessMessage.Resign resign) {
            Given given = peer.given;
            given.servedUpTo(resign.epoch(), resign.servedUpTo());
            changed = true;
            if (resign.epoch() > given.newest() || resign.epoch() == given.newest() && given.isWanted()) {
                withdraw(peer, resign.epoch());
            }
            return true;
        }
    }

    // Effects

    private void send(Peer peer, LivenessMessage message) {
        send.add(new LivenessReady.Outgoing(peer.node, message));
    }

    /** Notes that the durable state has changed; the number of the persist that will contain it. */
    private long unsaved() {
        unsaved = true;
        return number + 1;
    }

    private LivenessReady finish() {
        planNextTick();
        LivenessReady.Persist persist = null;
        if (unsaved) {
            unsaved = false;
            number++;
            persist = new LivenessReady.Persist(number, state(clock.written()));
        }
        if (changed) {
            changed = false;
            view = buildView();
        }
        if (persist == null && send.isEmpty() && facts.isEmpty()) {
            return LivenessReady.NOTHING;
        }
        LivenessReady ready = new LivenessReady(List.copyOf(send), persist, List.copyOf(facts));
        send.clear();
        facts.clear();
        return ready;
    }

    /** To be written last, when nothing will be served any more, nor promised. */
    public LivenessState atEnd(Now now) {
        return state(clock.written().endingAt(now.hybrid()));
    }

    private LivenessState state(ClockMark mark) {
        List<LivenessState.Record> records = new ArrayList<>();
        for (Peer peer : peers.values()) {
            if (peer.given.newest() != Support.NO_EPOCH) {
                records.add(peer.given.state(peer.node));
            }
        }
        return new LivenessState(epochMax, mark, records);
    }

    private LivenessView buildView() {
        LivenessView built = new LivenessView(peers.size(), floor, clock);
        int at = 0;
        for (Map.Entry<Integer, Peer> entry : peers.entrySet()) {
            built.fill(at++, entry.getKey(), entry.getValue().given, entry.getValue().asked);
        }
        return built;
    }
}
