package io.flotilla.node.replica;

import com.google.protobuf.ByteString;
import io.flotilla.client.load.check.Txn;
import io.flotilla.client.load.check.Txn.Outcome;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.replica.TxnCall.Failure;
import io.flotilla.v1.Error;
import io.flotilla.v1.OutcomeResult;
import io.flotilla.v1.Request;
import io.flotilla.v1.Row;
import io.flotilla.v1.ScanResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A client of a {@link TxnWorld}: does what the client library does, one call after the other, and notes what it saw. */
final class TxnClient {
    private static final int RUNS_MAX = 8;

    /** How a write ended. */
    interface Ended {
        void accept(Outcome outcome, @Nullable Failure failure);
    }

    private final TxnWorld world;
    private final int number;
    private final SplittableRandom random;
    private final long endMicros;
    private boolean busy;
    private boolean readAll;
    private @Nullable Failure lastFailure;

    TxnClient(TxnWorld world, int number, SplittableRandom random, long endMicros) {
        this.world = world;
        this.number = number;
        this.random = random;
        this.endMicros = endMicros;
    }

    boolean isBusy() {
        return busy;
    }

    boolean hasReadAll() {
        return readAll;
    }

    /** Why the last attempt to read all failed. */
    String failure() {
        return String.valueOf(lastFailure);
    }

    void begin() {
        world.time.after(1 + world.exponential(world.weather.thinkMicros()), 0, () -> {
            if (world.time.nowMicros() < endMicros) {
                busy = true;
                one();
            }
        });
    }

    private void done() {
        busy = false;
        begin();
    }

    private void one() {
        long deadline = now() + world.weather.deadlineMicros();
        int choice = random.nextInt(12);
        if (choice == 0) {
            String key = key();
            readAlone(key, deadline, (before, start) -> {
                note(start, Outcome.COMMITTED, List.of(new Txn.Read(key, before)));
                done();
            });
        } else if (choice == 1) {
            scanAlone("k", deadline);
        } else if (choice == 2) {
            appendAlone(deadline);
        } else if (choice == 3) {
            writeBlindlyAlone(key() + "w", deadline);
        } else if (choice == 4) {
            String key = key() + "w";
            readAlone(key, deadline, (value, start) -> {
                world.registers.read(key, register(value), start, now());
                done();
            });
        } else {
            List<TxnAttempt.Step> steps = new ArrayList<>();
            for (int i = random.nextInt(1, 5); i > 0; i--) {
                steps.add(new TxnAttempt.Step(TxnAttempt.Kind.choose(random), key()));
            }
            run(steps, deadline, 0, 1);
        }
    }

    private String key() {
        int keys = world.weather.keys();
        return TxnWorld.keyName(Math.min(random.nextInt(keys), random.nextInt(keys)));
    }

    /** The body is run until it commits. */
    private void run(List<TxnAttempt.Step> steps, long deadline, long priority, int runs) {
        TxnAttempt attempt = new TxnAttempt(this, steps, deadline, priority);
        attempt.run((outcome, failure) -> {
            note(attempt.startMicros(), outcome, attempt.ops());
            long delay = backoff(runs);
            boolean again = outcome == Outcome.ABORTED
                    && failure != null
                    && failure.isTransient()
                    && runs < RUNS_MAX
                    && now() + delay < deadline;
            if (again) {
                long age = priority != 0 ? priority : attempt.age();
                world.time.after(delay, 0, () -> run(steps, deadline, age, runs + 1));
            } else {
                done();
            }
        });
    }

    /** Once all is well: every list, in one transaction. */
    void readAll(long deadline) {
        busy = true;
        List<TxnAttempt.Step> steps = new ArrayList<>();
        for (int i = 0; i < world.weather.keys(); i++) {
            steps.add(new TxnAttempt.Step(TxnAttempt.Kind.READ, TxnWorld.keyName(i)));
            steps.add(new TxnAttempt.Step(TxnAttempt.Kind.READ_TWINS, TxnWorld.keyName(i)));
        }
        steps.add(new TxnAttempt.Step(TxnAttempt.Kind.SCAN, ""));
        TxnAttempt attempt = new TxnAttempt(this, steps, Math.min(deadline, now() + 5_000_000), 0);
        attempt.run((outcome, failure) -> {
            note(attempt.startMicros(), outcome, attempt.ops());
            readAll = outcome == Outcome.COMMITTED;
            lastFailure = failure;
            if (readAll || now() >= deadline) {
                busy = false;
            } else {
                world.time.after(50_000, 0, () -> readAll(deadline));
            }
        });
    }

    // ---- without a transaction -----------------------------------------------------------------------------------

    private interface ListRead {
        void accept(List<Long> values, long startMicros);
    }

    private void readAlone(String key, long deadline, ListRead then) {
        long start = now();
        ask(
                () -> {
                    Request.Builder request = Request.newBuilder();
                    request.getGetBuilder().setKey(ByteString.copyFromUtf8(key));
                    return request;
                },
                deadline,
                false,
                (response, failure) -> {
                    if (response == null) {
                        done();
                    } else {
                        then.accept(values(response.getGet().getValue()), start);
                    }
                });
    }

    /** Page after page, each for itself. */
    private void scanAlone(String from, long deadline) {
        long start = now();
        int limit = random.nextBoolean() ? 0 : random.nextInt(1, 6);
        ask(
                () -> {
                    Request.Builder request = Request.newBuilder();
                    request.getScanBuilder()
                            .setStart(ByteString.copyFromUtf8(from))
                            .setEnd(ByteString.copyFromUtf8("l"))
                            .setLimit(limit);
                    return request;
                },
                deadline,
                false,
                (response, failure) -> {
                    if (response == null) {
                        done();
                        return;
                    }
                    ScanResult page = response.getScan();
                    String to = page.hasResume() ? page.getResume().toStringUtf8() : "l";
                    note(start, Outcome.COMMITTED, reads(rows(page.getRowsList()), from, to));
                    for (Row row : page.getRowsList()) {
                        String key = row.getKey().toStringUtf8();
                        if (!isList(key)) {
                            world.registers.read(key, register(values(row.getValue())), start, now());
                        }
                    }
                    if (page.hasResume()) {
                        scanAlone(to, deadline);
                    } else {
                        done();
                    }
                });
    }

    /** Sends a value, or its removal, without having looked. */
    private void writeBlindlyAlone(String key, long deadline) {
        boolean delete = random.nextInt(3) == 0;
        long value = delete ? TxnRegisters.ABSENT : world.nextValue();
        long start = now();
        TxnId id = world.newId();
        Request.Builder request = Request.newBuilder();
        var mutation =
                request.getWriteBuilder().setId(wire(id)).getMutationBuilder().setKey(ByteString.copyFromUtf8(key));
        if (delete) {
            mutation.setDelete(true);
        } else {
            mutation.setPut(bytes(List.of(value)));
        }
        write(id, ByteString.copyFromUtf8(key), request, deadline, (outcome, failure) -> {
            world.registers.wrote(key, value, start, now(), outcome);
            done();
        });
    }

    /** What a scan over all lists has read: absent ones are empty. */
    List<Txn.Op> reads(TreeMap<String, List<Long>> rows) {
        return reads(rows, "k", "l");
    }

    private List<Txn.Op> reads(TreeMap<String, List<Long>> rows, String from, String to) {
        List<Txn.Op> ops = new ArrayList<>();
        for (int i = 0; i < world.weather.keys(); i++) {
            String key = TxnWorld.keyName(i);
            if (key.compareTo(from) >= 0 && key.compareTo(to) < 0) {
                ops.add(new Txn.Read(key, rows.getOrDefault(key, List.of())));
            }
        }
        return ops;
    }

    /** Whether a list is under that key; else it is one that is written blindly. */
    static boolean isList(String key) {
        return Character.isDigit(key.charAt(key.length() - 1));
    }

    /** The other key of a list's that is written together with its first. */
    String twin(String list) {
        int number = Integer.parseInt(list.substring(1));
        return TxnWorld.keyName(world.weather.keys() - 1 - number) + "z";
    }

    /** What such a key holds. */
    static long register(List<Long> values) {
        return values.isEmpty() ? TxnRegisters.ABSENT : values.get(0);
    }

    static TreeMap<String, List<Long>> rows(List<Row> rows) {
        TreeMap<String, List<Long>> found = new TreeMap<>();
        for (Row row : rows) {
            if (isList(row.getKey().toStringUtf8())) {
                found.put(row.getKey().toStringUtf8(), values(row.getValue()));
            }
        }
        return found;
    }

    /** Reads, and then writes on condition that nothing has changed. */
    private void appendAlone(long deadline) {
        String key = key();
        readAlone(key, deadline, (before, readAt) -> {
            note(readAt, Outcome.COMMITTED, List.of(new Txn.Read(key, before)));
            compareAndSet(key, before, deadline, 1);
        });
    }

    private void compareAndSet(String key, List<Long> before, long deadline, int runs) {
        long value = world.nextValue();
        long start = now();
        TxnId id = world.newId();
        Request.Builder request = Request.newBuilder();
        var cas = request.getWriteBuilder()
                .setId(wire(id))
                .getMutationBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .getCasBuilder();
        if (!before.isEmpty()) {
            cas.setExpected(bytes(before));
        }
        List<Long> after = new ArrayList<>(before);
        after.add(value);
        cas.setValue(bytes(after));
        write(id, ByteString.copyFromUtf8(key), request, deadline, (outcome, failure) -> {
            note(start, outcome, List.of(new Txn.Read(key, before), new Txn.Append(key, value)));
            boolean again = outcome == Outcome.ABORTED
                    && failure != null
                    && failure.isTransient()
                    && runs < RUNS_MAX
                    && now() + 500_000 < deadline;
            if (again) {
                world.time.after(backoff(runs), 0, () -> compareAndSet(key, before, deadline, runs + 1));
            } else {
                done();
            }
        });
    }

    // ---- as the library does it ----------------------------------------------------------------------------------

    /** Something that changes nothing: asked again as long as there is time and hope. */
    void ask(Supplier<Request.Builder> request, long deadline, boolean inTransaction, TxnCall.Answer then) {
        ask(request, deadline, inTransaction, 1, then);
    }

    private void ask(
            Supplier<Request.Builder> request, long deadline, boolean inTransaction, int tries, TxnCall.Answer then) {
        long remaining = deadline - now();
        long attempt = Math.max(1_000, Math.min(remaining, Math.max(1_000_000, remaining / 2)));
        TxnCall.send(world, random, request.get(), attempt, (response, failure) -> {
            long delay = backoff(tries);
            boolean again = failure != null
                    && failure.isTransient()
                    && !(inTransaction && failure.isTransactionsOwn())
                    && now() + delay < deadline;
            if (again) {
                world.time.after(delay, 0, () -> ask(request, deadline, inTransaction, tries + 1, then));
            } else {
                then.accept(response, failure);
            }
        });
    }

    /** Something that writes under an id: sent once, and looked up, fenced, if its answer is lost. */
    void write(TxnId id, ByteString anchor, Request.Builder request, long deadline, Ended then) {
        long remaining = Math.max(1_000, deadline - now());
        long attempt = remaining - Math.min(1_000_000, remaining / 4);
        TxnCall.send(world, random, request, attempt, (response, failure) -> {
            if (failure == null) {
                then.accept(Outcome.COMMITTED, null);
            } else if (failure.maybeExecuted()) {
                lookUp(id, anchor, deadline, 1, then);
            } else if (!failure.sent() && now() + 600_000 < deadline) {
                world.time.after(backoff(1), 0, () -> write(id, anchor, request, deadline, then));
            } else {
                then.accept(Outcome.ABORTED, failure);
            }
        });
    }

    private void lookUp(TxnId id, ByteString anchor, long deadline, int tries, Ended then) {
        Request.Builder request = Request.newBuilder();
        request.getOutcomeBuilder().setId(wire(id)).setAnchor(anchor).setFence(true);
        long attempt = Math.min(1_000_000, Math.max(1_000, deadline - now()));
        TxnCall.send(world, random, request, attempt, (response, failure) -> {
            OutcomeResult.Status status = response == null
                    ? OutcomeResult.Status.PENDING
                    : response.getOutcome().getStatus();
            long delay = backoff(tries);
            if (response != null) {
                world.saw(TxnSight.LOOK_UP);
            }
            if (status == OutcomeResult.Status.COMMITTED) {
                then.accept(Outcome.COMMITTED, null);
            } else if (status == OutcomeResult.Status.ABORTED) {
                then.accept(Outcome.ABORTED, Failure.lost(false));
            } else if (now() + delay < deadline) {
                world.time.after(delay, 0, () -> lookUp(id, anchor, deadline, tries + 1, then));
            } else {
                then.accept(Outcome.UNKNOWN, failure);
            }
        });
    }

    private long backoff(int attempt) {
        return 1 + random.nextLong(Math.min(500, 4L << Math.min(attempt, 10)) * 1_000);
    }

    // ---- small things --------------------------------------------------------------------------------------------

    long now() {
        return world.time.nowMicros();
    }

    TxnWorld world() {
        return world;
    }

    SplittableRandom random() {
        return random;
    }

    private void note(long startMicros, Outcome outcome, List<Txn.Op> ops) {
        world.history.add(new Txn(world.history.size() + 1, number, startMicros * 1_000, now() * 1_000, outcome, ops));
    }

    static io.flotilla.v1.TxnId wire(TxnId id) {
        return io.flotilla.v1.TxnId.newBuilder()
                .setHigh(id.high())
                .setLow(id.low())
                .build();
    }

    static ByteString bytes(List<Long> values) {
        return ByteString.copyFromUtf8(
                String.join(",", values.stream().map(String::valueOf).toList()));
    }

    static List<Long> values(ByteString bytes) {
        return bytes.isEmpty()
                ? List.of()
                : Arrays.stream(bytes.toStringUtf8().split(","))
                        .map(Long::valueOf)
                        .toList();
    }

    static boolean isUncertain(Failure failure) {
        return failure.kind() == Error.Code.READ_UNCERTAIN;
    }
}
