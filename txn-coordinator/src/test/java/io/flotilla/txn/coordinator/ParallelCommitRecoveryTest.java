package io.flotilla.txn.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.settings.TxnSettings;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * One commit, a coordinator that may die after any of its sends, messages that are delayed, lost, doubled and reordered, readers that push it, and others who
 * recover it at any moment: there is one fate, and it is never another than the one that somebody was told.
 */
class ParallelCommitRecoveryTest {
    private static final int SEEDS = Integer.getInteger("txn.seeds", 3_000);
    private static final TxnId ID = new TxnId(7, 7);
    private static final List<Key> KEYS = List.of(Key.of("a"), Key.of("b"), Key.of("c"));
    private static final Key READ = Key.of("r");

    @Test
    void everyoneIsToldTheSameFate() {
        Map<TxnStatus, Integer> fates = new EnumMap<>(TxnStatus.class);
        TreeMap<String, Integer> told = new TreeMap<>();
        for (long seed = 1; seed <= SEEDS; seed++) {
            Run run = new Run(seed);
            fates.merge(run.play(), 1, Integer::sum);
            told.merge(run.coordinatorSaid, 1, Integer::sum);
        }
        assertThat(fates.keySet()).as("both fates were seen").contains(TxnStatus.COMMITTED, TxnStatus.ABORTED);
        assertThat(told.keySet())
                .as("every kind of answer was seen")
                .contains("Committed", "nothing", "OutcomeUnknown", "TxnAborted", "RefreshFailed");
    }

    /**
     * The anchor cannot be asked for so long that all that became a version is overwritten and swept away; what is left must still tell the fate. (A record
     * that is gone by then had nothing left that would ask for it.)
     */
    @Test
    void theFateIsFoundHoweverLongTheAnchorIsAway() {
        int staging = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            Run run = new Run(seed);
            run.anchorIsAway = true;
            run.play();
            staging += run.foundStaging ? 1 : 0;
        }
        assertThat(staging).as("undecided ones were among them").isGreaterThan(SEEDS / 100);
    }

    /** A batch on its way, cut by key. */
    private static final class Flight {
        final TxnMachine machine;
        final int call;
        final KvBatch batch;
        final KvReply[] parts;
        final List<List<Integer>> opsOfPart = new ArrayList<>();

        Flight(TxnMachine machine, int call, KvBatch batch) {
            this.machine = machine;
            this.call = call;
            this.batch = batch;
            TreeMap<Key, List<Integer>> byKey = new TreeMap<>();
            for (int i = 0; i < batch.ops().size(); i++) {
                byKey.computeIfAbsent(batch.ops().get(i).key(), k -> new ArrayList<>())
                        .add(i);
            }
            opsOfPart.addAll(byKey.values());
            parts = new KvReply[opsOfPart.size()];
        }

        KvBatch part(int index) {
            List<KvOp> ops = new ArrayList<>();
            opsOfPart.get(index).forEach(op -> ops.add(batch.ops().get(op)));
            return new KvBatch(batch.header(), ops);
        }

        boolean isComplete() {
            return Arrays.stream(parts).noneMatch(part -> part == null);
        }

        KvReply join() {
            KvResult[] results = new KvResult[batch.ops().size()];
            Timestamp at = batch.header().timestamp();
            KvError worst = null;
            for (int i = 0; i < parts.length; i++) {
                if (parts[i] instanceof KvReply.Refused refused) {
                    if (worst == null || !worst.provenNotExecuted()) {
                        worst = refused.error();
                    }
                    continue;
                }
                KvReply.Done done = (KvReply.Done) parts[i];
                at = at.max(done.timestamp());
                for (int j = 0; j < done.results().size(); j++) {
                    results[opsOfPart.get(i).get(j)] = done.results().get(j);
                }
            }
            return worst != null ? new KvReply.Refused(worst) : new KvReply.Done(Arrays.asList(results), at, List.of());
        }
    }

    private static final class Run {
        final long seed;
        final Random random;
        final ModelStore store = new ModelStore();
        final List<Flight> flights = new ArrayList<>();
        final List<KvBatch> strays = new ArrayList<>();
        final TreeSet<String> fates = new TreeSet<>();
        final List<TxnMachine> others = new ArrayList<>();
        final int loss;
        final List<Key> keys;
        final Key anchor;
        final CommitMachine coordinator;
        boolean dead;
        boolean anchorIsAway;
        boolean foundStaging;
        String coordinatorSaid = "nothing";
        long micros = 1_000_000;

        Run(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            this.loss = random.nextInt(3) == 0 ? 0 : 4 + random.nextInt(20);
            keys = KEYS.subList(0, 1 + random.nextInt(KEYS.size()));
            boolean reads = random.nextBoolean();
            boolean trigger = random.nextInt(8) == 0;
            anchor = trigger ? Key.of("0") : keys.get(0);
            List<KvOp.DataWrite> writes = new ArrayList<>();
            keys.forEach(key -> writes.add(new KvOp.Put(key, Value.of("new"))));
            store.cell(READ).versions.put(ts(1), new TxnId(1, 1));
            coordinator = new CommitMachine(
                    TxnSettings.DEFAULT,
                    new TxnCoordinator.CommitRequest(
                            ID,
                            anchor,
                            reads ? now().clock() : Timestamp.ZERO,
                            writes,
                            reads ? List.of(Span.of(READ), Span.of(keys.get(0))) : List.of(),
                            0,
                            trigger ? Value.of("split") : Value.EMPTY,
                            random.nextBoolean() ? 1_000_000 : 8_000_000),
                    now());
        }

        TxnStatus play() {
            perform(coordinator, coordinator.start(now()));
            int steps = 5 + random.nextInt(80);
            int dies = random.nextInt(3) == 0 ? random.nextInt(40) : Integer.MAX_VALUE;
            for (int i = 0; i < steps; i++) {
                dead |= i == dies;
                step();
            }
            dead |= random.nextBoolean();
            // The dust settles: everything in flight arrives, everyone finishes.
            for (int i = 0; i < 400 && !(flights.isEmpty() && strays.isEmpty()); i++) {
                deliver(false);
                time(1_000);
            }
            return settle();
        }

        private void step() {
            switch (random.nextInt(14)) {
                case 0 -> time(random.nextInt(4) == 0 ? 1_500_000 : 100_000);
                case 1 -> store.read(KEYS.get(random.nextInt(3)), now().clock().plusMicros(random.nextInt(50)));
                case 2 -> {
                    if (random.nextInt(6) == 0) {
                        store.cell(READ).versions.put(now().clock().plusMicros(random.nextInt(20)), new TxnId(2, 2));
                    }
                }
                case 3 -> conflict();
                case 4 -> {
                    if (random.nextInt(6) == 0) {
                        // A client who lost its answer asks; he does not ask for what he was told.
                        begin(new OutcomeMachine(ID, anchor, true, micros + 10_000_000));
                    }
                }
                default -> {
                    time(100);
                    deliver(true);
                }
            }
        }

        private void conflict() {
            Key key = KEYS.get(random.nextInt(3));
            TxnMeta holder = store.cell(key).intentOf;
            if (holder != null) {
                TxnMeta pusher = random.nextBoolean()
                        ? TxnMeta.NONE
                        : new TxnMeta(new TxnId(9, 9), key, ts(1), random.nextBoolean() ? 1 : Long.MAX_VALUE - 1);
                begin(new ConflictMachine(TxnSettings.DEFAULT, pusher, holder));
            }
        }

        private void begin(TxnMachine machine) {
            others.add(machine);
            perform(machine, machine.start(now()));
        }

        private void time(long passes) {
            micros += passes;
            if (!dead) {
                perform(coordinator, coordinator.tick(now()));
            }
            for (TxnMachine other : List.copyOf(others)) {
                perform(other, other.tick(now()));
            }
        }

        private void deliver(boolean lossy) {
            if (!strays.isEmpty() && random.nextInt(4) == 0) {
                store.execute(strays.remove(random.nextInt(strays.size())), now().clock());
                return;
            }
            if (flights.isEmpty()) {
                return;
            }
            Flight flight = flights.get(random.nextInt(flights.size()));
            List<Integer> open = new ArrayList<>();
            for (int i = 0; i < flight.parts.length; i++) {
                if (flight.parts[i] == null) {
                    open.add(i);
                }
            }
            int part = open.get(random.nextInt(open.size()));
            flight.parts[part] = reply(flight.part(part), lossy && loss > 0 ? random.nextInt(loss) : -1);
            if (flight.isComplete()) {
                flights.remove(flight);
                if (flight.machine != coordinator || !dead) {
                    perform(flight.machine, flight.machine.reply(now(), flight.call, flight.join()));
                }
            }
        }

        private KvReply reply(KvBatch part, int mishap) {
            if (mishap == 0) { // lost on the way back, or still on its way
                if (random.nextBoolean()) {
                    store.execute(part, now().clock());
                } else if (random.nextBoolean()) {
                    strays.add(part);
                }
                return new KvReply.Refused(
                        new KvError.Unavailable("UNREACHABLE", part.ops().get(0).key(), "", true));
            }
            if (mishap == 1) {
                return new KvReply.Refused(
                        new KvError.Unavailable("NO_QUORUM", part.ops().get(0).key(), "", false));
            }
            KvReply reply = store.execute(part, now().clock());
            if (mishap == 2 && reply instanceof KvReply.Done) {
                strays.add(part); // the router had sent it twice
            }
            return reply;
        }

        private void perform(TxnMachine machine, List<TxnEffect> effects) {
            for (TxnEffect effect : effects) {
                if (effect instanceof TxnEffect.Send send) {
                    flights.add(new Flight(machine, send.call(), send.batch()));
                } else if (effect instanceof TxnEffect.Forget forget) {
                    ForgettingMachine forgetting = new ForgettingMachine();
                    forgetting.add(forget.op());
                    begin(forgetting);
                } else if (effect instanceof TxnEffect.AnswerCommit answer) {
                    told(answer.reply());
                } else if (effect instanceof TxnEffect.AnswerOutcome answer
                        && answer.reply() instanceof TxnCoordinator.Outcome outcome) {
                    fate(outcome.status(), outcome.timestamp());
                } else if (effect instanceof TxnEffect.AnswerResolution answer
                        && answer.resolution().status().isFinal()) {
                    ConflictResolver.Resolution resolution = answer.resolution();
                    fate(resolution.status(), resolution.timestamp());
                    Key key = KEYS.get(random.nextInt(3));
                    resolve(key, resolution.status(), resolution.timestamp());
                }
            }
        }

        private void told(TxnCoordinator.CommitReply reply) {
            assertThat(coordinatorSaid).as("answers once, seed %d", seed).isEqualTo("nothing");
            if (reply instanceof TxnCoordinator.Committed committed) {
                coordinatorSaid = "Committed";
                fate(TxnStatus.COMMITTED, committed.timestamp());
            } else {
                KvError error = ((TxnCoordinator.CommitFailed) reply).error();
                coordinatorSaid = error.getClass().getSimpleName();
                if (!(error instanceof KvError.OutcomeUnknown)) {
                    assertThat(error.provenNotExecuted())
                            .as("%s, seed %d", error, seed)
                            .isTrue();
                    fate(TxnStatus.ABORTED, Timestamp.ZERO);
                }
            }
        }

        private void fate(TxnStatus status, Timestamp at) {
            fates.add(status == TxnStatus.COMMITTED ? "COMMITTED at " + at.packed() : "ABORTED");
            assertThat(fates).as("seed %d", seed).hasSize(1);
        }

        private void resolve(Key key, TxnStatus status, Timestamp at) {
            store.execute(
                    new KvBatch(
                            KvHeader.standalone(1).at(now().clock()),
                            List.of(new KvOp.ResolveIntent(key, ID, status, at))),
                    now().clock());
        }

        /** Somebody asks at last; then what is stored must agree with what was said. */
        private TxnStatus settle() {
            dead = true;
            flights.clear();
            micros += 20_000_000;
            if (anchorIsAway) {
                strays.clear();
                TxnRecord left = store.records.get(ID);
                if (left == null) {
                    assertNothingAsks();
                    return TxnStatus.COMMITTED;
                }
                foundStaging = left.status() == TxnStatus.STAGING;
                KEYS.forEach(key -> store.sweep(key));
            }
            OutcomeMachine last = new OutcomeMachine(ID, anchor, true, micros + 60_000_000);
            begin(last);
            for (int i = 0; i < 200 && !last.isDone(); i++) {
                deliver(false);
                time(1_000);
            }
            assertThat(last.isDone()).as("seed %d", seed).isTrue();
            TxnStatus fate = fates.first().startsWith("COMMITTED") ? TxnStatus.COMMITTED : TxnStatus.ABORTED;
            Timestamp at = fate == TxnStatus.COMMITTED
                    ? ts(Long.parseLong(fates.first().substring("COMMITTED at ".length())))
                    : Timestamp.ZERO;
            KEYS.forEach(key -> resolve(key, fate, at));
            if (anchorIsAway) {
                return fate;
            }
            for (Key key : KEYS) {
                Timestamp version = store.cell(key).versionOf(ID);
                if (fate == TxnStatus.ABORTED) {
                    assertThat(version).as("aborted, seed %d, %s", seed, key).isNull();
                } else if (version != null) {
                    assertThat(version).as("seed %d, %s", seed, key).isEqualTo(at);
                }
            }
            if (fate == TxnStatus.COMMITTED) {
                for (Key key : keys) {
                    assertThat(store.cell(key).versionOf(ID))
                            .as("committed, seed %d, %s", seed, key)
                            .isEqualTo(at);
                }
            }
            return fate;
        }

        /** Without a record and its versions, a committed transaction looks as if it had never been. */
        private void assertNothingAsks() {
            boolean committed = !fates.isEmpty() && fates.first().startsWith("COMMITTED");
            for (Key key : KEYS) {
                TxnMeta holder = store.cell(key).intentOf;
                assertThat(committed && holder != null && holder.id().equals(ID))
                        .as("committed, but its intent at %s will be aborted, seed %d", key, seed)
                        .isFalse();
            }
        }

        private TxnTime now() {
            return new TxnTime(micros, Timestamp.ofMicros(Timestamp.EPOCH_MICROS + micros));
        }

        private static Timestamp ts(long packed) {
            return new Timestamp(packed);
        }
    }
}
