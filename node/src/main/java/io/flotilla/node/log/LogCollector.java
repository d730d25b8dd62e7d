package io.flotilla.node.log;

import static java.util.Objects.requireNonNull;

import io.flotilla.node.raft.LogEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the log small: when its files are more than twice what ranges still need, what is live in the oldest file is written once more to the newest, and
 * the oldest is deleted.
 *
 * <p>Crash-safe at every step: what is moved is durable before "records before this one may be gone" is, and that before the file goes; files go from the
 * oldest on, each durably before the next. Threading: a thread of its own; {@link LogWriter.Progress} on the writer's.
 */
final class LogCollector implements Runnable, LogWriter.Progress {
    private static final Logger LOG = LoggerFactory.getLogger(LogCollector.class);

    /** Moved in one go: small, since those who write wait for the same sync. */
    private static final long MOVE_BYTES_MAX = 256 << 10;

    /** Files may take this many times what is live, so that a byte is moved at most once for each that is written. */
    private static final int SPACE_FACTOR = 2;

    /** Small files of many short openings are no burden yet. */
    private static final int FILES_MAX = 64;

    /** How long ranges that were asked to give up their oldest entries may take; then those are moved. */
    private static final long RELIEF_MILLIS_MAX = 2_000;

    private static final long RELIEF_POLL_MILLIS = 10;

    /** @param bytes in use */
    private record CycleFile(long firstSequence, long bytes) {}

    private final CycleFiles files;
    private final CycleReaders readers;
    private final LogTable table;
    private final LogSettings settings;
    private final Thread thread = new Thread(this, "log-collector");
    private final Semaphore wake = new Semaphore(0);
    private final TreeMap<Integer, CycleFile> known = new TreeMap<>();

    /** How much is in use of files that nobody appends to any more and that are as long yet as they were allocated. */
    private final TreeMap<Integer, Long> left = new TreeMap<>();

    private volatile Consumer<Map<Long, Long>> relieve = ranges -> {};
    private volatile @Nullable LogWriter writer;
    private volatile boolean closing;
    private long writtenBytes;
    private long movedBytes;
    private long syncs;
    private long collected;

    /** The thread's own: what was handed to the writer last, and how much since it was last waited for. */
    private CompletableFuture<Boolean> last = CompletableFuture.completedFuture(true);

    private long underWay;
    private final long pieceBytes;

    LogCollector(CycleFiles files, CycleReaders readers, LogTable table, LogSettings settings) {
        this.files = files;
        this.readers = readers;
        this.table = table;
        this.settings = settings;
        this.pieceBytes = Math.min(MOVE_BYTES_MAX, settings.recordBytesMax() / 2);
        thread.setDaemon(true);
    }

    /** A file that was found; before {@link #start}. */
    synchronized void found(CycleScan.Found file) {
        known.put(file.cycle(), new CycleFile(file.firstSequence(), file.used()));
        left.put(file.cycle(), file.used());
    }

    void start(LogWriter logWriter) {
        writer = logWriter;
        thread.start();
        wake.release();
    }

    void onCrowded(Consumer<Map<Long, Long>> listener) {
        relieve = listener;
    }

    // ---- what the writer tells -----------------------------------------------------------------------------------

    @Override
    public synchronized void rolled(int cycle, long firstSequence, long bytes) {
        known.computeIfPresent(
                cycle - 1, (id, file) -> new CycleFile(file.firstSequence(), Math.max(file.bytes(), bytes)));
        known.put(cycle, new CycleFile(firstSequence, 0));
        if (bytes > 0) {
            left.put(cycle - 1, bytes + QueueFile.BEHIND_RECORDS_BYTES);
        }
        wake.release();
    }

    @Override
    public synchronized void written(int bytes, int moved) {
        writtenBytes += bytes;
        movedBytes += moved;
        syncs++;
    }

    @Override
    public void compacted() {
        wake.release();
    }

    LogStats stats() {
        long live = table.liveBytes();
        synchronized (this) {
            return new LogStats(known.size(), fileBytes(), live, writtenBytes, movedBytes, syncs, collected);
        }
    }

    // ---- the collector's own thread ------------------------------------------------------------------------------

    @Override
    public void run() {
        try {
            while (!closing) {
                wake.acquire();
                wake.drainPermits();
                releaseLeft();
                while (!closing && isWorthwhile()) {
                    collectOldest();
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            if (!closing) {
                LOG.error("the log's files cannot be collected: {}", e.toString(), e);
                requireNonNull(writer).fail(e);
            }
        }
    }

    /** Nobody appends to them any more, but files are as long as they were allocated. */
    private void releaseLeft() throws IOException {
        TreeMap<Integer, Long> released;
        synchronized (this) {
            left.keySet().retainAll(known.keySet());
            released = new TreeMap<>(left);
            left.clear();
        }
        for (Map.Entry<Integer, Long> file : released.entrySet()) {
            files.release(file.getKey(), file.getValue());
        }
    }

    private long fileBytes() {
        long bytes = 0;
        for (CycleFile file : known.values()) {
            bytes += file.bytes();
        }
        return bytes + settings.cycleBytes(); // the one in use, whatever is in it yet
    }

    private boolean isWorthwhile() {
        long live = table.liveBytes();
        synchronized (this) {
            if (known.size() < 2 || movedBytes > writtenBytes + SPACE_FACTOR * settings.cycleBytes()) {
                return false;
            }
            // Of what is kept beyond that, ranges may be asked to give up some, however little else there is to gain.
            long wanted = Math.min(live, settings.tailBytesMax());
            long enough = Math.max(settings.cyclesKept() * settings.cycleBytes(), SPACE_FACTOR * wanted);
            return fileBytes() > enough || known.size() > FILES_MAX;
        }
    }

    private void collectOldest() throws IOException, InterruptedException {
        int cycle;
        long next;
        synchronized (this) {
            cycle = known.firstKey();
            Map.Entry<Integer, CycleFile> later = known.higherEntry(cycle);
            while (later.getValue().firstSequence() < 0 && known.higherKey(later.getKey()) != null) {
                later = known.higherEntry(later.getKey());
            }
            next = later.getValue().firstSequence();
        }
        List<RangeLog> blocking = blocking(cycle);
        if (table.liveBytes() > settings.tailBytesMax()) {
            askFor(cycle, blocking);
        }
        while (!closing && !blocking.isEmpty()) {
            for (RangeLog log : blocking) {
                move(log, cycle);
            }
            await();
            blocking = blocking(cycle);
        }
        if (closing) {
            return;
        }
        add(listener -> new LogTask.Start(next, listener), 0);
        await();
        readers.delete(cycle);
        synchronized (this) {
            known.remove(cycle);
            collected++;
        }
    }

    private List<RangeLog> blocking(int cycle) {
        List<RangeLog> found = new ArrayList<>();
        for (RangeLog log : table.all()) {
            if (log.oldestCycle() <= cycle) {
                found.add(log);
            }
        }
        return found;
    }

    /** The ranges that keep entries there are asked to do without those; how many or how large they are does not matter, they are in the way. */
    private void askFor(int cycle, List<RangeLog> blocking) throws InterruptedException {
        Map<Long, Long> inTheWay = new LinkedHashMap<>();
        for (RangeLog log : blocking) {
            long last = log.lastWithin(cycle);
            if (last > 0) {
                inTheWay.put(log.range(), last);
            }
        }
        if (inTheWay.isEmpty()) {
            return;
        }
        relieve.accept(inTheWay);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RELIEF_MILLIS_MAX);
        while (!closing && System.nanoTime() < deadline && keeps(inTheWay.keySet(), cycle)) {
            TimeUnit.MILLISECONDS.sleep(RELIEF_POLL_MILLIS);
        }
    }

    private boolean keeps(Set<Long> ranges, int cycle) {
        for (long range : ranges) {
            RangeLog log = table.range(range);
            if (log.firstWithin(cycle, 0) <= log.lastIndex()) {
                return true;
            }
        }
        return false;
    }

    /** Everything of that range that lies in {@code cycle} or an older file is written once more, in pieces. */
    private void move(RangeLog log, int cycle) throws IOException {
        long from = log.firstWithin(cycle, 0);
        do {
            List<LogEntry> read = log.read(from, log.firstBehind(cycle, from), pieceBytes);
            add(listener -> new LogTask.Move(log, cycle, read, listener), GroupRecord.sizeOf(read));
            from = log.firstWithin(cycle, read.isEmpty() ? from : from + read.size());
        } while (!closing && from <= log.lastIndex());
    }

    /** Hands the writer something; waits once a few of them are under way. */
    private void add(Function<SharedLog.Listener, LogTask> task, long bytes) throws IOException {
        CompletableFuture<Boolean> durable = new CompletableFuture<>();
        requireNonNull(writer).add(task.apply(new SharedLog.Listener() {
            @Override
            public void durable() {
                durable.complete(true);
            }

            @Override
            public void failed(Exception cause) {
                durable.completeExceptionally(cause);
            }
        }));
        last = durable;
        underWay += bytes;
        if (underWay >= pieceBytes) {
            await();
        }
    }

    /** Everything handed to the writer is durable: it writes in order. */
    private void await() throws IOException {
        underWay = 0;
        try {
            last.join();
        } catch (CompletionException failed) {
            throw new IOException("the log failed", failed);
        }
    }

    /** Ends between two steps; the writer must still be there. */
    void close() {
        closing = true;
        wake.release();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
