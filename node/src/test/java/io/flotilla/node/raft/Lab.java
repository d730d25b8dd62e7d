package io.flotilla.node.raft;

import io.flotilla.config.settings.RaftSettings;
import io.flotilla.config.time.Timestamp;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Some replicas, a network in a list and a clock in a field; the test decides what moves. */
final class Lab {
    static final RaftSettings SETTINGS = new RaftSettings(50, 200, 1_000, 800, 1024, 4, 64 * 1024, 100);
    static final long OFFSET_MICROS = 100_000;
    private static final long EPOCH = Timestamp.EPOCH_MICROS + 1_000_000_000L;

    private final TreeMap<Integer, RaftCore> cores = new TreeMap<>();
    private final TreeMap<Integer, Now> started = new TreeMap<>();
    private final TreeMap<Integer, MemoryLog> logs = new TreeMap<>();
    /** What each state machine held where its log begins. */
    private final TreeMap<Integer, LabSnapshot> bases = new TreeMap<>();

    private final TreeMap<Integer, List<LogEntry>> applied = new TreeMap<>();
    private final TreeMap<Integer, List<Ready>> unpersisted = new TreeMap<>();
    final List<RaftMessage> network = new ArrayList<>();
    final List<Ready.ReadGrant> reads = new ArrayList<>();
    final List<Integer> snapshotsTo = new ArrayList<>();
    final List<Integer> voters = new ArrayList<>();
    final LabStores stores = new LabStores(this);

    /** Whether the stores speak to each other as time advances. */
    boolean storesSpeak = true;

    /** Messages that do not pass. */
    Predicate<RaftMessage> cut = message -> false;

    /** Whether what is handed over becomes durable by itself. */
    boolean autoPersist = true;

    /** Replicas whose disks stand still. */
    final TreeSet<Integer> stalledDisks = new TreeSet<>();

    long micros = 1_000_000;
    private boolean installAsked;

    Lab(int size) {
        this(Membership.of(IntStream.rangeClosed(1, size).boxed().toList()));
    }

    Lab(Membership founding) {
        voters.addAll(founding.voters());
        stores.beat();
        for (int id : founding.members()) {
            found(id, new LabSnapshot(0, 0, founding, List.of()));
        }
    }

    /** A replica that begins with that state. */
    void found(int id, LabSnapshot state) {
        MemoryLog log = new MemoryLog();
        if (state.index() > 0) {
            log.persist(new Ready.Persist(
                    new HardState(state.term(), 0, state.index()),
                    List.of(),
                    new Ready.LogReset(state.index(), state.term())));
        }
        logs.put(id, log);
        bases.put(id, state);
        start(id);
    }

    boolean exists(int id) {
        return logs.containsKey(id);
    }

    boolean isRunning(int id) {
        return cores.containsKey(id);
    }

    /** What was not durable is lost. */
    void crash(int id) {
        cores.remove(id);
        Objects.requireNonNull(unpersisted.get(id)).clear();
    }

    /** The replica and its disk are no more. */
    void destroy(int id) {
        cores.remove(id);
        logs.remove(id);
    }

    LabSnapshot base(int id) {
        return Objects.requireNonNull(bases.get(id));
    }

    /** The state machine as it is. */
    LabSnapshot state(int id) {
        LabSnapshot state = base(id);
        for (LogEntry entry : applied(id)) {
            state = state.after(entry);
        }
        return state;
    }

    /** What replica {@code id} has applied, it holds without its log from now on. */
    void install(int id, LabSnapshot state) {
        bases.put(id, state);
        applied(id).clear();
    }

    void compact(int id, long index) {
        LabSnapshot state = base(id);
        List<LogEntry> left = new ArrayList<>();
        for (LogEntry entry : applied(id)) {
            if (entry.index() <= index) {
                state = state.after(entry);
            } else {
                left.add(entry);
            }
        }
        log(id).compactTo(index);
        install(id, state);
        applied(id).addAll(left);
    }

    List<Integer> members() {
        TreeSet<Integer> all = new TreeSet<>(logs.keySet());
        all.addAll(voters);
        return List.copyOf(all);
    }

    boolean isConnected(int one, int other) {
        return !cut.test(new RaftMessage.AskDefortify(one, other, 0))
                && !cut.test(new RaftMessage.AskDefortify(other, one, 0));
    }

    void start(int id) {
        started.put(id, now());
        MemoryLog log = log(id);
        LabSnapshot base = base(id);
        if (log.lastIndex() < base.index()
                || (log.firstIndex() <= base.index() && log.termAt(base.index()) != base.term())) {
            // The crash came between installing a snapshot and the reset of the log.
            log.persist(new Ready.Persist(null, List.of(), new Ready.LogReset(base.index(), base.term())));
        }
        applied.put(id, new ArrayList<>());
        unpersisted.put(id, new ArrayList<>());
        long from = Math.max(base.index(), log.firstIndex() - 1);
        cores.put(id, new RaftCore(config(id), log.hardState, log, from, now()));
    }

    /** Gives the core up and makes it anew. */
    void freezeAndThaw(int id) {
        FrozenRaft frozen = core(id).freeze();
        MemoryLog log = log(id);
        cores.put(id, new RaftCore(config(id), log.hardState, log, log.lastIndex(), frozen, now()));
    }

    private RaftConfig config(int id) {
        Now since = Objects.requireNonNull(started.get(id));
        return new RaftConfig(
                id,
                base(id).membership(),
                LabSnapshot::membershipOf,
                LabSnapshot::withoutData,
                SETTINGS,
                7 * id,
                new Trust(stores.of(id), since, OFFSET_MICROS));
    }

    Now now() {
        return nowAt(micros);
    }

    static Now nowAt(long micros) {
        return new Now(micros, Timestamp.ofMicros(EPOCH + micros));
    }

    RaftCore core(int id) {
        return Objects.requireNonNull(cores.get(id));
    }

    MemoryLog log(int id) {
        return Objects.requireNonNull(logs.get(id));
    }

    List<LogEntry> applied(int id) {
        return Objects.requireNonNull(applied.get(id));
    }

    Lease lease(int id) {
        return core(id).lease(now());
    }

    RaftStatus status(int id) {
        return core(id).status();
    }

    Ready step(int id, RaftEvent event) {
        Ready ready = core(id).step(now(), event);
        applied(id).addAll(ready.apply());
        reads.addAll(ready.reads());
        snapshotsTo.addAll(ready.snapshotsTo());
        installAsked |= ready.installSnapshot();
        network.addAll(ready.sendNow());
        List<Ready> queue = Objects.requireNonNull(unpersisted.get(id));
        if (ready.persist() != null || !ready.sendAfterPersist().isEmpty()) {
            queue.add(ready);
        }
        if (autoPersist && !stalledDisks.contains(id)) {
            persist(id);
        }
        return ready;
    }

    /** Everything handed over so far becomes durable. */
    void persist(int id) {
        List<Ready> queue = Objects.requireNonNull(unpersisted.get(id));
        while (!queue.isEmpty()) {
            Ready ready = queue.remove(0);
            Ready.Persist persist = ready.persist();
            if (persist != null) {
                log(id).persist(persist);
                step(id, new RaftEvent.Persisted(ready.persistNumber()));
            }
            network.addAll(ready.sendAfterPersist());
        }
    }

    boolean takeInstallAsked() {
        boolean asked = installAsked;
        installAsked = false;
        return asked;
    }

    Ready receive(RaftMessage message) {
        return step(message.to(), new RaftEvent.Received(message));
    }

    /** Delivers all that is under way, and what comes of it. */
    void settle() {
        for (int i = 0; i < 10_000 && !network.isEmpty(); i++) {
            RaftMessage message = network.remove(0);
            if (!cut.test(message) && cores.containsKey(message.to())) {
                receive(message);
            }
        }
        if (!network.isEmpty()) {
            throw new IllegalStateException("the group never falls silent");
        }
    }

    void advance(long millis) {
        for (long at = 0; at < millis; at += SETTINGS.tickMillis()) {
            micros += SETTINGS.tickMillis() * 1_000;
            if (storesSpeak) {
                stores.beat();
            }
            for (int id : List.copyOf(cores.keySet())) {
                step(id, new RaftEvent.Tick());
            }
            settle();
        }
    }

    void elect(int id) {
        step(id, new RaftEvent.Campaign());
        settle();
        if (status(id).role() != RaftStatus.Role.LEADER) {
            throw new IllegalStateException("not elected: " + status(id));
        }
    }

    long propose(int id, String... payloads) {
        List<byte[]> bytes = new ArrayList<>();
        for (String payload : payloads) {
            bytes.add(payload.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return step(id, new RaftEvent.Propose(bytes)).proposedFrom();
    }

    Ready change(int id, String membership) {
        return step(id, RaftEvent.Propose.config(LabSnapshot.payload(membership)));
    }

    int leader() {
        int leader = 0;
        long term = 0;
        for (int id : cores.keySet()) {
            if (status(id).role() == RaftStatus.Role.LEADER && status(id).term() > term) {
                leader = id;
                term = status(id).term();
            }
        }
        return leader;
    }

    <M extends RaftMessage> List<M> take(Class<M> type) {
        List<M> taken = new ArrayList<>();
        for (Iterator<RaftMessage> each = network.iterator(); each.hasNext(); ) {
            RaftMessage message = each.next();
            if (type.isInstance(message)) {
                taken.add(type.cast(message));
                each.remove();
            }
        }
        return taken;
    }

    List<String> appliedBy(int id) {
        List<String> payloads = new ArrayList<>();
        for (LogEntry entry : applied(id)) {
            if (entry.kind() == LogEntry.Kind.NORMAL) {
                payloads.add(new String(entry.payload(), java.nio.charset.StandardCharsets.UTF_8));
            }
        }
        return payloads;
    }

    static Predicate<RaftMessage> isolating(int id) {
        return message -> message.from() == id || message.to() == id;
    }
}
