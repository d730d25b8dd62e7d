package io.flotilla.node.replica;

import com.google.protobuf.ByteString;
import io.flotilla.client.load.check.Txn;
import io.flotilla.client.load.check.Txn.Outcome;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.replica.TxnCall.Failure;
import io.flotilla.v1.KeySpan;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import io.flotilla.v1.ScanResult;
import io.flotilla.v1.TxnContext;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One run of a transaction's body and its commit: what {@code BufferedTransaction} and {@code CommitOperation} are in the client library. */
final class TxnAttempt {
    enum Kind {
        READ,
        /** Reads a list and writes it with one more value. */
        APPEND,
        /** Reads all lists. */
        SCAN,
        /** Writes the same to two keys, often in two ranges, without reading them. */
        WRITE_TWINS,
        /** Deletes both. */
        DELETE_TWINS,
        /** Reads both, which must be the same. */
        READ_TWINS;

        static Kind choose(SplittableRandom random) {
            int choice = random.nextInt(22);
            if (choice < 17) {
                return choice < 8 ? APPEND : choice < 15 ? READ : SCAN;
            }
            return choice < 19 ? WRITE_TWINS : choice < 20 ? DELETE_TWINS : READ_TWINS;
        }
    }

    record Step(Kind kind, String key) {}

    private final TxnClient client;
    private final List<Step> steps;
    private final long deadline;
    private final long priority;
    private final long startMicros;
    private final TxnId id;
    private final TreeMap<String, Optional<ByteString>> writes = new TreeMap<>();
    private final Set<KeySpan> reads = new LinkedHashSet<>();
    private final List<Txn.Op> ops = new ArrayList<>();

    /** What was found under the keys that are written blindly. */
    private final TreeMap<String, Long> found = new TreeMap<>();

    private TxnContext context;
    private int next;
    private TxnClient.Ended ended = (outcome, failure) -> {};

    TxnAttempt(TxnClient client, List<Step> steps, long deadline, long priority) {
        this.client = client;
        this.steps = steps;
        this.deadline = deadline;
        this.priority = priority;
        this.startMicros = client.now();
        this.id = client.world().newId();
        this.context = TxnContext.newBuilder().setId(TxnClient.wire(id)).build();
    }

    long startMicros() {
        return startMicros;
    }

    List<Txn.Op> ops() {
        return ops;
    }

    /** What a later attempt keeps as its priority. */
    long age() {
        return context.getReadTimestamp() != 0
                ? context.getReadTimestamp()
                : io.flotilla.config.time.Timestamp.ofMicros(client.world().wallMicros())
                        .packed();
    }

    void run(TxnClient.Ended then) {
        ended = (outcome, failure) -> {
            noteRegisters(outcome);
            then.accept(outcome, failure);
        };
        step();
    }

    private void step() {
        if (next == steps.size()) {
            commit();
            return;
        }
        Step step = steps.get(next++);
        switch (step.kind()) {
            case READ ->
                get(step.key(), values -> {
                    ops.add(new Txn.Read(step.key(), values));
                    think();
                });
            case APPEND ->
                get(step.key(), values -> {
                    ops.add(new Txn.Read(step.key(), values));
                    append(step.key(), values);
                    think();
                });
            case SCAN -> scan(new TreeMap<>(), "k");
            case WRITE_TWINS -> {
                ByteString value = TxnClient.bytes(List.of(client.world().nextValue()));
                writes.put(step.key() + "y", Optional.of(value));
                writes.put(client.twin(step.key()), Optional.of(value));
                think();
            }
            case DELETE_TWINS -> {
                writes.put(step.key() + "y", Optional.empty());
                writes.put(client.twin(step.key()), Optional.empty());
                think();
            }
            case READ_TWINS -> readTwins(step.key() + "y", client.twin(step.key()));
        }
    }

    private void readTwins(String one, String other) {
        boolean own = writes.containsKey(one);
        get(
                one,
                first -> get(other, second -> {
                    if (!own) {
                        found.put(one, TxnClient.register(first));
                        found.put(other, TxnClient.register(second));
                    }
                    think();
                }));
    }

    private void noteRegisters(Outcome outcome) {
        TxnWorld world = client.world();
        long end = client.now();
        writes.forEach((key, value) -> {
            if (!TxnClient.isList(key)) {
                long written = TxnClient.register(TxnClient.values(value.orElse(ByteString.EMPTY)));
                world.registers.wrote(key, written, startMicros, end, outcome);
            }
        });
        if (outcome == Outcome.COMMITTED) {
            found.forEach((key, value) -> {
                world.registers.read(key, value, startMicros, end);
                String twin = client.twin(key.substring(0, key.length() - 1));
                if (key.endsWith("y") && !value.equals(found.get(twin))) {
                    world.violated(id + " found " + found + ", which are written together");
                }
            });
        }
    }

    /** Bodies take their time now and then. */
    private void think() {
        long pause = client.random().nextInt(4) == 0
                ? client.world().exponential(client.world().weather.bodyMicros())
                : 1;
        client.world().time.after(pause, 0, this::step);
    }

    private void append(String key, List<Long> before) {
        long value = client.world().nextValue();
        List<Long> after = new ArrayList<>(before);
        after.add(value);
        writes.put(key, Optional.of(TxnClient.bytes(after)));
        ops.add(new Txn.Append(key, value));
    }

    // ---- reads ---------------------------------------------------------------------------------------------------

    private void get(String key, Consumer<List<Long>> then) {
        Optional<ByteString> own = writes.get(key);
        if (own != null) {
            then.accept(TxnClient.values(own.orElse(ByteString.EMPTY)));
            return;
        }
        ByteString wireKey = ByteString.copyFromUtf8(key);
        read(
                () -> {
                    Request.Builder request = Request.newBuilder();
                    request.getGetBuilder().setKey(wireKey).setTxn(context).setForwardable(reads.isEmpty());
                    return request;
                },
                response -> {
                    context = response.getGet().getTxn();
                    reads.add(KeySpan.newBuilder().setStart(wireKey).build());
                    then.accept(TxnClient.values(response.getGet().getValue()));
                });
    }

    /** Page after page. */
    private void scan(TreeMap<String, List<Long>> found, String from) {
        ByteString start = ByteString.copyFromUtf8(from);
        ByteString end = ByteString.copyFromUtf8("l");
        int limit = client.random().nextInt(3) == 0 ? 2 : 0;
        read(
                () -> {
                    Request.Builder request = Request.newBuilder();
                    request.getScanBuilder()
                            .setStart(start)
                            .setEnd(end)
                            .setLimit(limit)
                            .setTxn(context)
                            .setForwardable(reads.isEmpty());
                    return request;
                },
                response -> {
                    ScanResult page = response.getScan();
                    context = page.getTxn();
                    ByteString seen = page.hasResume() ? page.getResume() : end;
                    reads.add(KeySpan.newBuilder().setStart(start).setEnd(seen).build());
                    page.getRowsList().stream()
                            .filter(row -> TxnClient.isList(row.getKey().toStringUtf8()))
                            .forEach(row -> found.put(row.getKey().toStringUtf8(), TxnClient.values(row.getValue())));
                    if (page.hasResume()) {
                        scan(found, page.getResume().toStringUtf8());
                    } else {
                        scanned(found);
                    }
                });
    }

    private void scanned(TreeMap<String, List<Long>> found) {
        writes.forEach((key, value) -> {
            if (TxnClient.isList(key)) {
                found.put(key, TxnClient.values(value.orElse(ByteString.EMPTY)));
            }
        });
        ops.addAll(client.reads(found));
        think();
    }

    private void read(Supplier<Request.Builder> request, Consumer<Response> then) {
        client.ask(request, deadline, true, (response, failure) -> {
            if (response != null) {
                then.accept(response);
            } else if (failure == null || !TxnClient.isUncertain(failure)) {
                ended.accept(Outcome.ABORTED, failure);
            } else if (reads.isEmpty()) {
                read(request, then);
            } else {
                refresh(failure, () -> read(request, then));
            }
        });
    }

    private void refresh(Failure uncertain, Runnable then) {
        client.ask(
                () -> {
                    Request.Builder request = Request.newBuilder();
                    request.getRefreshBuilder()
                            .setTxn(context)
                            .addAllReads(reads)
                            .setTo(uncertain.retryTimestamp());
                    return request;
                },
                deadline,
                true,
                (response, failure) -> {
                    if (response == null) {
                        ended.accept(Outcome.ABORTED, failure);
                    } else {
                        client.world().saw(TxnSight.REFRESH);
                        context = response.getRefresh().getTxn();
                        then.run();
                    }
                });
    }

    // ---- commit --------------------------------------------------------------------------------------------------

    private void commit() {
        if (writes.isEmpty()) {
            ended.accept(Outcome.COMMITTED, null);
            return;
        }
        if (client.now() >= deadline) {
            ended.accept(Outcome.ABORTED, null);
            return;
        }
        Request.Builder request = Request.newBuilder();
        var commit = request.getCommitBuilder();
        commit.setId(TxnClient.wire(id)).setTxn(context).addAllReads(reads).setPriority(priority);
        writes.forEach((key, value) -> {
            var mutation = commit.addWritesBuilder().setKey(ByteString.copyFromUtf8(key));
            value.ifPresentOrElse(mutation::setPut, () -> mutation.setDelete(true));
        });
        client.write(id, ByteString.copyFromUtf8(writes.firstKey()), request, deadline, ended);
    }
}
