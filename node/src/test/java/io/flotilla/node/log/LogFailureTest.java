package io.flotilla.node.log;

import static io.flotilla.node.log.LogFixture.SMALL;
import static io.flotilla.node.log.LogFixture.append;
import static io.flotilla.node.log.LogFixture.causeOf;
import static io.flotilla.node.log.LogFixture.contents;
import static io.flotilla.node.log.LogFixture.payload;
import static io.flotilla.node.log.LogFixture.submit;
import static io.flotilla.node.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.DiskFile;
import io.flotilla.node.disk.Fault;
import io.flotilla.node.disk.FaultDisk;
import io.flotilla.node.disk.ForwardingDisk;
import io.flotilla.node.disk.NoSpaceException;
import io.flotilla.node.disk.QuotaDisk;
import io.flotilla.node.disk.RealDisk;
import io.flotilla.node.disk.SpaceWatch;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a failed sync is final. Method: a sync that fails on demand. */
class LogFailureTest {
    @TempDir
    Path directory;

    private final AtomicBoolean broken = new AtomicBoolean();
    private final AtomicInteger syncs = new AtomicInteger();
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private final Disk disk = new ForwardingDisk() {
        @Override
        protected void beforeForce(Path file) throws IOException {
            syncs.incrementAndGet();
            awaitGate();
            if (broken.get()) {
                throw new IOException("injected");
            }
        }
    };

    private void awaitGate() throws IOException {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void b65AFailedSyncIsNeverRetriedAndEverythingLaterFailsToo() throws IOException {
        List<Exception> told = new ArrayList<>();
        try (ChronicleLog log = new ChronicleLog(disk, directory, SMALL)) {
            log.onFailure(told::add);
            write(log, 1, append(1, 1, 1));
            broken.set(true);
            assertThat(causeOf(submit(log, 1, append(2, 2, 1)))).hasMessage("injected");
            broken.set(false);
            int before = syncs.get();
            assertThat(causeOf(submit(log, 2, append(1, 1, 1)))).hasMessage("injected");
            assertThat(syncs).hasValue(before);
            assertThat(log.view(1).lastIndex()).isEqualTo(1);
            assertThat(told)
                    .as("whom the store's end depends on is told at once, and once")
                    .hasSize(1);
        }
    }

    @Test
    void aFailedWriteIsAsFinal() throws IOException {
        AtomicReference<Fault> fault = new AtomicReference<>(Fault.NONE);
        try (ChronicleLog log = new ChronicleLog(new FaultDisk(new RealDisk(), fault::get), directory, SMALL)) {
            write(log, 1, append(1, 1, 1));
            fault.set(Fault.WRITE_ERROR);
            assertThat(causeOf(submit(log, 1, append(2, 2, 1)))).hasMessageContaining("Input/output error");
            fault.set(Fault.NONE);
            assertThat(causeOf(submit(log, 2, append(1, 1, 1)))).hasMessageContaining("Input/output error");
        }
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            assertThat(contents(log.view(1))).containsExactly("1:1");
        }
    }

    @Test
    @Timeout(120)
    void b71WithoutRoomForItsNextFileTheLogWaitsAndGoesOnWhenThereIsSome() throws Exception {
        AtomicReference<Fault> fault = new AtomicReference<>(Fault.NONE);
        AtomicInteger refusals = new AtomicInteger();
        Disk counted = new ForwardingDisk(new FaultDisk(new RealDisk(), fault::get)) {
            @Override
            public void allocate(Path file, long bytes) throws IOException {
                try {
                    super.allocate(file, bytes);
                } catch (NoSpaceException full) {
                    refusals.incrementAndGet();
                    throw full;
                }
            }
        };
        try (ChronicleLog log = new ChronicleLog(counted, directory, SMALL)) {
            fault.set(Fault.FULL);
            long index = 0;
            CompletableFuture<Void> last = submit(log, 1, append(++index, index, 1));
            // Whatever was allocated ahead is used up first; a write that takes long for another reason is not what is
            // waited for.
            while (last.isDone()
                    || refusals.get() == 0
                    || log.oldestPendingNanos() < TimeUnit.MILLISECONDS.toNanos(300)) {
                if (last.isDone()) {
                    last.join();
                    last = submit(log, 1, large(++index));
                }
            }
            fault.set(Fault.NONE);
            last.get(60, TimeUnit.SECONDS);
            assertThat(log.view(1).lastIndex()).isEqualTo(index);
        }
    }

    /** The file system says that there is plenty, the user may have none of it. */
    @Test
    @Timeout(120)
    void aQuotaThatIsUsedUpIsNoticedByTheFileAllocatedAheadAndSoIsThatThereIsRoomAgain() throws Exception {
        AtomicBoolean usedUp = new AtomicBoolean();
        Disk quota = new QuotaDisk(new ForwardingDisk() {
            @Override
            public void allocate(Path file, long bytes) throws IOException {
                if (usedUp.get()) {
                    throw new NoSpaceException("injected");
                }
                super.allocate(file, bytes);
            }
        });
        try (ChronicleLog log = new ChronicleLog(quota, directory, SMALL);
                SpaceWatch watch = new SpaceWatch(quota, directory, 2)) {
            usedUp.set(true);
            long index = 0;
            while (watch.room() == SpaceWatch.Room.AMPLE) {
                // Not waited for: the last one waits for room itself.
                submit(log, 1, large(++index));
                LockSupport.parkNanos(1_000_000);
                watch.look();
            }
            assertThat(watch.room()).isEqualTo(SpaceWatch.Room.SCARCE);
            usedUp.set(false);
            while (watch.room() != SpaceWatch.Room.AMPLE) {
                LockSupport.parkNanos(1_000_000);
                watch.look();
            }
            submit(log, 1, large(++index)).get(60, TimeUnit.SECONDS);
            assertThat(log.view(1).lastIndex()).isEqualTo(index);
        }
    }

    /** The name of the file that was allocated ahead may be gone after a power cut, whatever the next sync of the directory says. */
    @Test
    @Timeout(120)
    void aSyncThatFailsWhileTheNextFileIsAllocatedAheadIsNotRetried() throws Exception {
        AtomicInteger ahead = new AtomicInteger();
        CountDownLatch failed = new CountDownLatch(1);
        Disk nameless = new ForwardingDisk() {
            @Override
            public void rename(Path from, Path to) throws IOException {
                real.rename(from, to);
                if (to.getFileName().toString().equals("next.ahead") && ahead.incrementAndGet() == 2) {
                    failed.countDown();
                    throw new IOException("injected");
                }
            }
        };
        try (ChronicleLog log = new ChronicleLog(nameless, directory, SMALL)) {
            assertThat(failed.await(60, TimeUnit.SECONDS)).isTrue();
            long index = 0;
            Throwable cause = null;
            while (cause == null && index < 30) {
                cause = causeOf(submit(log, 1, large(++index)));
            }
            assertThat(cause).as("once the file is to be used").hasRootCauseMessage("injected");
        }
    }

    /** Whoever waits for what the writer has taken in hand would wait for ever. */
    @Test
    @Timeout(120)
    void whatTheWriterBreaksOverIsToldThatItFailed() throws Exception {
        List<LogEntry> breaking = new AbstractList<>() {
            @Override
            public LogEntry get(int index) {
                if (Thread.currentThread().getName().equals("log-writer")) {
                    throw new IllegalStateException("injected");
                }
                return new LogEntry(1, 1, LogEntry.Kind.NORMAL, payload(1, 1));
            }

            @Override
            public int size() {
                return 1;
            }
        };
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            assertThat(causeOf(submit(log, 1, new Persist(null, breaking, null))))
                    .hasRootCauseMessage("injected");
            assertThat(causeOf(submit(log, 2, append(1, 1, 1)))).hasRootCauseMessage("injected");
        }
    }

    private static Persist large(long index) {
        return new Persist(null, List.of(new LogEntry(index, 1, LogEntry.Kind.NORMAL, new byte[100_000])), null);
    }

    @Test
    void aFaultInMappedMemoryFailsTheLogLikeAnIoError() throws IOException {
        AtomicBoolean fault = new AtomicBoolean();
        Disk faulty = new ForwardingDisk() {
            @Override
            protected void beforeForce(Path file) {
                if (fault.get()) {
                    throw new InternalError("a fault occurred in an unsafe memory access operation");
                }
            }
        };
        try (ChronicleLog log = new ChronicleLog(faulty, directory, SMALL)) {
            fault.set(true);
            assertThat(causeOf(submit(log, 1, append(1, 1, 1)))).hasRootCauseInstanceOf(InternalError.class);
        }
    }

    @Test
    void aDiskThatFailsAtTheStartRefusesTheOpeningAndLeavesTheDirectoryFree() throws IOException {
        broken.set(true);
        assertThatThrownBy(() -> new ChronicleLog(disk, directory, SMALL)).hasMessage("injected");
        try (ChronicleLog log = new ChronicleLog(directory, SMALL)) {
            write(log, 1, append(1, 1, 1));
            assertThat(contents(log.view(1))).containsExactly("1:1");
        }
    }

    /** The pages of a force that failed stay in memory as if they were on the disk, and the next start reads them there. */
    @Test
    void whatAFailedSyncMayHaveLeftInMemoryAloneIsWrittenOnceMoreAtTheNextStart() throws IOException {
        try (ChronicleLog log = new ChronicleLog(disk, directory, SMALL)) {
            write(log, 1, append(1, 1, 1));
            broken.set(true);
            assertThat(causeOf(submit(log, 1, append(2, 2, 1)))).hasMessage("injected");
            broken.set(false);
        }
        List<String> written = new ArrayList<>();
        Disk watched = new ForwardingDisk() {
            @Override
            public DiskFile open(Path file) throws IOException {
                DiskFile opened = super.open(file);
                return (DiskFile) Proxy.newProxyInstance(
                        DiskFile.class.getClassLoader(), new Class<?>[] {DiskFile.class}, (self, method, arguments) -> {
                            if (method.getName().equals("write")) {
                                ByteBuffer bytes = ((ByteBuffer) arguments[0]).duplicate();
                                written.add(StandardCharsets.ISO_8859_1
                                        .decode(bytes)
                                        .toString());
                            }
                            return method.invoke(opened, arguments);
                        });
            }
        };
        try (ChronicleLog log = new ChronicleLog(watched, directory, SMALL)) {
            assertThat(contents(log.view(1))).containsExactly("1:1", "2:1");
            assertThat(written)
                    .singleElement()
                    .asString()
                    .contains(new String(payload(2, 1), StandardCharsets.US_ASCII));
        }
    }

    @Test
    void aThousandWritesThatWaitTogetherNeedFewSyncs() throws IOException {
        try (ChronicleLog log = new ChronicleLog(disk, directory, SMALL)) {
            int before = syncs.get();
            gate = new CountDownLatch(1);
            for (int i = 1; i <= 1_000; i++) {
                submit(log, i, append(1, 1, 1));
            }
            gate.countDown();
            write(log, 1_001, append(1, 1, 1));
            assertThat(syncs.get() - before).isLessThan(20);
        }
    }

    @Test
    void noTelemetryIsOnTheClassPath() {
        assertThatThrownBy(() -> Class.forName("net.openhft.chronicle.analytics.Analytics"))
                .isInstanceOf(ClassNotFoundException.class);
    }
}
