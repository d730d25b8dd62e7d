package io.flotilla.node.debug;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.admin.StoreIdentity;
import io.flotilla.node.disk.Disk;
import io.flotilla.node.log.ChronicleLog;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.mvcc.VersionCodec;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import io.flotilla.node.replica.StateAudit;
import io.flotilla.node.replica.StateSample;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.RocksEngine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Goal: the commands tell a whole store from a damaged one by their exit code, and name what is wrong. Method: real files. */
class DebugCommandTest {
    @TempDir
    Path data;

    private String printed = "";

    @BeforeEach
    void aStoreWithALittleInIt() throws IOException {
        try (ChronicleLog log = new ChronicleLog(data)) {
            write(log, new Persist(null, List.of(new LogEntry(1, 1, LogEntry.Kind.NORMAL, bytes("first"))), null));
            write(log, new Persist(null, List.of(new LogEntry(2, 1, LogEntry.Kind.NORMAL, bytes("second"))), null));
        }
        try (RocksEngine engine = new RocksEngine(data.resolve("state"));
                Engine.Batch batch = engine.newBatch()) {
            for (int i = 0; i < 1_000; i++) {
                batch.put(
                        Engine.Space.DATA,
                        MvccKeys.data(Key.wrap(bytes("key" + i)), new Timestamp(i + 1)),
                        VersionCodec.encode(new TxnId(1, i), Value.wrap(bytes("value" + i))));
            }
            engine.write(batch);
            engine.flush();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void write(SharedLog log, Persist persist) {
        CompletableFuture<Void> durable = new CompletableFuture<>();
        log.submit(3, persist, new SharedLog.Listener() {
            @Override
            public void durable() {
                durable.complete(null);
            }

            @Override
            public void failed(Exception cause) {
                durable.completeExceptionally(cause);
            }
        });
        durable.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private int run(String... arguments) {
        PrintStream before = System.out;
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
        try {
            return new CommandLine(new DebugCommand()).execute(arguments);
        } finally {
            System.setOut(before);
            printed = captured.toString(StandardCharsets.UTF_8);
        }
    }

    private static void flip(Path file, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 0x10)).rewind();
            channel.write(one, at);
        }
    }

    @Test
    void aWholeStoreIsFoundWhole() {
        assertThat(run("log", "verify", data.toString())).isZero();
        assertThat(printed).contains("the log is whole");
        assertThat(run("state", "verify", data.toString())).isZero();
        assertThat(printed).contains("data: 1000 entries").contains("the state is whole");
    }

    @Test
    void aFlippedBitInTheStateIsFound() throws IOException {
        Path table;
        try (Stream<Path> files = Files.list(data.resolve("state"))) {
            table = files.filter(file -> file.toString().endsWith(".sst"))
                    .max(java.util.Comparator.comparingLong(
                            file -> file.toFile().length()))
                    .orElseThrow();
        }
        flip(table, 100);
        assertThat(run("state", "verify", "-o", "json", data.toString())).isEqualTo(1);
        assertThat(printed).contains("\"sound\" : false");
    }

    @Test
    void aFlippedBitInTheLogIsFound() throws IOException {
        Path file;
        try (Stream<Path> files = Files.list(data.resolve("log"))) {
            file = files.filter(each -> each.toString().endsWith(".cq4"))
                    .findFirst()
                    .orElseThrow();
        }
        String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        flip(file, content.indexOf("first"));
        assertThat(run("log", "verify", "-o", "json", data.toString())).isEqualTo(1);
        assertThat(printed).contains("\"sound\" : false").contains("missing");
    }

    @Test
    void aDumpHasOneLineForEachWriteOfTheRange() {
        assertThat(run("log", "dump", "--range", "3", data.toString())).isZero();
        assertThat(printed.lines()).hasSize(2).allMatch(line -> line.contains("range=3"));
        assertThat(run("log", "dump", "--range", "4", data.toString())).isZero();
        assertThat(printed).isEmpty();
    }

    @Test
    void aDumpForProgramsSaysInEachLineWhatItIs() {
        assertThat(run("log", "dump", "-o", "json", data.toString())).isZero();
        assertThat(printed.lines())
                .isNotEmpty()
                .allMatch(line -> line.startsWith("{\"schema\":\"flotilla.debug.log-dump/1\""));
    }

    @Test
    void aDirectoryWithoutLogOrStateIsNoWholeStore() throws IOException {
        Path empty = Files.createDirectory(data.resolve("empty"));
        assertThat(run("log", "verify", empty.toString())).isEqualTo(2);
        assertThat(printed).isEmpty();
        assertThat(run("log", "dump", empty.toString())).isEqualTo(2);
        assertThat(run("state", "verify", empty.toString())).isEqualTo(2);
    }

    @Test
    void whatCannotBeReadIsSaidWithoutAStackTrace() throws IOException {
        ByteBuffer identity = ByteBuffer.allocate(41).put((byte) 9);
        CRC32C crc = new CRC32C();
        crc.update(identity.array(), 0, 37);
        Files.write(
                data.resolve("identity"),
                identity.putInt(37, (int) crc.getValue()).array());
        PrintStream before = System.err;
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
        try {
            assertThat(run("rebuild", data.toString())).isEqualTo(1);
        } finally {
            System.setErr(before);
        }
        assertThat(errors.toString(StandardCharsets.UTF_8).lines())
                .hasSize(4)
                .anyMatch(line -> line.contains("format is 9"));
    }

    @Test
    void aStoreThatIsToBeRebuiltKnowsWhoItIsAndNothingElse() throws IOException {
        StoreIdentity identity;
        try (RocksEngine engine = new RocksEngine(data.resolve("state"))) {
            identity = StoreIdentity.open(engine, Disk.ofThisProcess(), data, new NodeId(3), UUID.randomUUID());
        }
        Files.write(data.resolve("state").resolve("CURRENT"), bytes("damaged beyond recognition"));
        assertThat(run("rebuild", data.toString())).isZero();
        assertThat(printed).contains("node 3").contains("damaged-1");
        assertThat(data.resolve("log")).doesNotExist();
        assertThat(data.resolve("damaged-1").resolve("log")).isDirectory();
        try (RocksEngine engine = new RocksEngine(data.resolve("state"))) {
            assertThat(StoreIdentity.open(engine, Disk.ofThisProcess(), data, new NodeId(3), UUID.randomUUID()))
                    .isEqualTo(identity);
            assertThat(engine.get(Engine.Space.LOCAL, new byte[] {'m', 'r'})).containsExactly(1);
            assertThat(StateAudit.of(engine)).isEmpty();
        }
        // Interrupted and run again, or run twice: it is as it was.
        assertThat(run("rebuild", "--discard", "-o", "json", data.toString())).isZero();
        assertThat(printed).contains(identity.store().toString());
        assertThat(data.resolve("damaged-2")).doesNotExist();
        assertThat(run("state", "verify", data.toString())).isZero();
    }

    /** The state is moved away long before there is another one that tells whose store this is. */
    @Test
    void aRebuildThatIsInterruptedGoesOnAlthoughOnlyTheStateKnewWhoItIs() throws IOException {
        try (RocksEngine engine = new RocksEngine(data.resolve("state"))) {
            StoreIdentity.open(engine, Disk.ofThisProcess(), data, new NodeId(3), UUID.randomUUID());
        }
        Files.delete(data.resolve("identity"));
        assertThat(run("rebuild", data.toString())).isZero();
        Files.move(data.resolve("state"), data.resolve("damaged-1").resolve("fresh"));
        assertThat(run("rebuild", data.toString())).isZero();
        assertThat(printed).contains("node 3");
    }

    @Test
    void aStoreThatNobodyKnowsAnyMoreIsNotRebuilt() throws IOException {
        assertThat(run("rebuild", data.toString())).isEqualTo(1);
        assertThat(data.resolve("log")).isDirectory();
        assertThat(data.resolve("state")).isDirectory();
    }

    /** The blocks are as they were written; what was written is not what was applied. */
    @Test
    void aValueThatRottedBeforeItWasWrittenIsFound() throws IOException {
        StateSample.write(data.resolve("state"), false);
        assertThat(run("state", "verify", data.toString())).isZero();
        assertThat(printed).contains("1 ranges added up");
        StateSample.write(data.resolve("state"), true);
        assertThat(run("state", "verify", data.toString())).isEqualTo(1);
        assertThat(printed).contains("DAMAGED: r7").contains("adds up to");
    }

    @Test
    void aRunningStoreAndAWrongDirectoryAreRefused() throws IOException {
        try (ChronicleLog running = new ChronicleLog(data)) {
            assertThat(running.ranges()).containsExactly(3L);
            assertThat(run("log", "verify", data.toString())).isEqualTo(2);
        }
        assertThat(run("log", "verify", data.resolve("nowhere").toString())).isEqualTo(2);
    }
}
