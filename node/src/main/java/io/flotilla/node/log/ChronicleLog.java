package io.flotilla.node.log;

import io.flotilla.node.disk.Disk;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The shared log on a Chronicle Queue in {@code <directory>/log}.
 *
 * <p>Durable means: our own force of the cycle file returned. Records carry a checksum and a running number; at the start everything is
 * read, a torn end is dropped (it was never acknowledged), and any other damage is refused with {@link LogCorruptException}.
 */
public final class ChronicleLog implements SharedLog {
    private final CycleFiles files;
    private final CycleReaders readers;
    private final QueueFile file;
    private final LogTable table;
    private final LogWriter writer;
    private final LogCollector collector;
    private final int splitAboveBytes;
    private final long recordsFound;

    public ChronicleLog(Path directory) throws IOException {
        this(directory, LogSettings.DEFAULT);
    }

    /**
     * Opens or creates the log, reads all of it and begins a new cycle file.
     *
     * @throws IOException if the disk is unusable or another process has this log open
     * @throws LogCorruptException if acknowledged records are damaged
     */
    public ChronicleLog(Path directory, LogSettings settings) throws IOException {
        this(Disk.ofThisProcess(), directory, settings);
    }

    /** As above, on that disk. */
    public ChronicleLog(Disk disk, Path directory, LogSettings settings) throws IOException {
        files = new CycleFiles(disk, directory.resolve("log"), QueueFile.fileBytes(settings.cycleBytes()));
        readers = new CycleReaders(files, settings.recordBytesMax());
        table = new LogTable(readers, settings.cacheBytesMax());
        collector = new LogCollector(files, readers, table, settings);
        splitAboveBytes = settings.recordBytesMax() / 2;
        QueueFile opened = null;
        try {
            LogRecovery recovery = new LogRecovery(files, settings.recordBytesMax());
            recovery.run();
            List<CycleScan.Found> found = withoutUnbegun(recovery.files());
            // What an earlier process appended and did not force is read now, and whoever reads it will answer for it.
            files.forceNewest(found);
            recovery.ranges().forEach((range, history) -> table.range(range).recovered(history));
            found.forEach(collector::found);
            opened = new QueueFile(
                    files,
                    settings,
                    found.isEmpty() ? -1 : found.get(found.size() - 1).cycle());
            recordsFound = recovery.nextSequence();
            writer = new LogWriter(opened, table, settings, recordsFound, collector);
            writer.start(recovery.neededFrom());
            collector.start(writer);
            file = opened;
        } catch (IOException | RuntimeException | InternalError e) {
            if (opened != null) {
                opened.close();
            }
            files.close();
            throw e;
        }
    }

    /** A file that never got its header is of no use to the queue. Only now that all was read it is known that nothing acknowledged lies behind that. */
    private List<CycleScan.Found> withoutUnbegun(List<CycleScan.Found> all) throws IOException {
        List<CycleScan.Found> begun = new ArrayList<>();
        for (CycleScan.Found file : all) {
            if (file.begun()) {
                begun.add(file);
            } else {
                files.delete(file.cycle());
            }
        }
        return begun;
    }

    /** Makes opening a log quicker if done before; whether it is or not makes no other difference. */
    public static void preload() {
        QueueFile.preload();
    }

    @Override
    public void submit(long range, Persist persist, Listener listener) {
        RangeLog log = table.range(range);
        log.admit(persist);
        Persist rest = persist;
        while (GroupRecord.sizeOf(rest.entries()) > splitAboveBytes
                && rest.entries().size() > 1) {
            int fitting = fitting(rest.entries());
            writer.add(new LogTask.Write(log, head(rest, fitting), null));
            rest = new Persist(
                    rest.hardState(),
                    rest.entries().subList(fitting, rest.entries().size()),
                    null);
        }
        writer.add(new LogTask.Write(log, rest, listener));
    }

    /** How many entries at the front make a record of their own; at least one, and not all. */
    private int fitting(List<LogEntry> entries) {
        long bytes = 0;
        int count = 0;
        while (count < entries.size() - 1 && (count == 0 || bytes < splitAboveBytes)) {
            bytes += entries.get(count).size();
            count++;
        }
        return count > 1 && bytes > splitAboveBytes ? count - 1 : count;
    }

    /** A crash may leave only this part, so its commit index must not point behind it. */
    private static Persist head(Persist persist, int count) {
        List<LogEntry> entries = persist.entries().subList(0, count);
        HardState hard = persist.hardState();
        if (hard != null) {
            long last = entries.get(count - 1).index();
            hard = new HardState(
                    hard.term(), hard.vote(), Math.min(hard.commit(), last), hard.leader(), hard.leaderEpoch());
        }
        return new Persist(hard, entries, persist.reset());
    }

    @Override
    public void compact(long range, long index, long term) {
        if (index <= 0) {
            return;
        }
        RangeLog log = table.range(range);
        log.admitCompaction(index, term);
        writer.add(new LogTask.Compact(log, index, term));
    }

    @Override
    public void remove(long range) {
        RangeLog log = table.range(range);
        log.admitRemoval();
        writer.add(new LogTask.Remove(log));
    }

    @Override
    public void rest(long range) {
        table.rest(range);
    }

    @Override
    public LogView view(long range) {
        return table.range(range);
    }

    @Override
    public HardState hardState(long range) {
        return table.hardState(range);
    }

    @Override
    public List<Long> ranges() {
        return table.ids();
    }

    @Override
    public long recordsDurable() {
        return writer.nextSequence();
    }

    @Override
    public long recordsFound() {
        return recordsFound;
    }

    @Override
    public void onCrowded(Consumer<Map<Long, Long>> relieve) {
        collector.onCrowded(relieve);
    }

    /** What it has done and how it stands. */
    public LogStats stats() {
        return collector.stats();
    }

    @Override
    public void onFailure(Consumer<Exception> failed) {
        writer.onFailure(failed);
    }

    @Override
    public long oldestPendingNanos() {
        return writer.writingForNanos();
    }

    /** Writes what was submitted, then closes. */
    @Override
    public void close() {
        writer.onFailure(cause -> {});
        files.waitNoLonger();
        collector.close();
        writer.close();
        try {
            file.close();
            readers.close();
            files.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
