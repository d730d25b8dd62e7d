package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * The shared log on a Chronicle Queue in {@code <directory>/log}.
 *
 * <p>Durable means: our own force of the cycle file returned. Records carry a checksum and a running number; at the start everything is
 * read, a torn end is dropped (it was never acknowledged), and any other damage is refused with {@link LogCorruptException}.
 */
public final class ChronicleLog implements SharedLog {
    private final CycleFiles files;
    private final QueueFile file;
    private final LogTable table;
    private final LogWriter writer;
    private final int splitAboveBytes;

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
        this(directory, settings, StallableSync.ofThisProcess());
    }

    ChronicleLog(Path directory, LogSettings settings, QueueFile.Sync sync) throws IOException {
        files = new CycleFiles(directory.resolve("log"), QueueFile.fileBytes(settings.cycleBytes()));
        QueueFile opened = null;
        try {
            opened = new QueueFile(files, settings, sync);
            table = new LogTable(opened, settings.cacheBytesMax());
            Recovery recovery = new Recovery(opened, table);
            opened.scan(recovery);
            opened.forceAll();
            table.settle();
            splitAboveBytes = settings.recordBytesMax() / 2;
            writer = new LogWriter(opened, table, settings, recovery.nextSequence());
            writer.start();
            file = opened;
        } catch (IOException | RuntimeException | InternalError e) {
            if (opened != null) {
                opened.close();
            }
            files.close();
            throw e;
        }
    }

    /** Applies records in order and refuses a gap in their numbers. A broken record followed by a good one leaves such a gap. */
    private static final class Recovery implements QueueFile.Scanner {
        private final QueueFile file;
        private final LogTable table;
        private long nextSequence = -1;
        private String lastBroken = "";

        Recovery(QueueFile file, LogTable table) {
            this.file = file;
            this.table = table;
        }

        @Override
        public void record(long place, ByteBuffer verified) {
            long sequence = GroupRecord.sequence(verified);
            if (nextSequence >= 0 && sequence != nextSequence) {
                throw new LogCorruptException("the log is damaged before " + file.describe(place) + ": it has number "
                        + sequence + ", expected " + nextSequence
                        + (lastBroken.isEmpty() ? "" : "; broken: " + lastBroken));
            }
            nextSequence = sequence + 1;
            table.recovering(place);
            GroupRecord.visit(verified, table);
        }

        @Override
        public long nextSequence() {
            return Math.max(0, nextSequence);
        }

        @Override
        public void broken(long place) {
            lastBroken = file.describe(place);
        }
    }

    @Override
    public void submit(long range, Persist persist, Listener listener) {
        RangeLog log = table.range(range);
        log.admit(persist);
        Persist rest = persist;
        while (GroupRecord.sizeOf(rest) > splitAboveBytes && rest.entries().size() > 1) {
            int fitting = fitting(rest.entries());
            writer.add(new LogWriter.Task(log, range, head(rest, fitting), null, 0, 0));
            rest = new Persist(
                    rest.hardState(),
                    rest.entries().subList(fitting, rest.entries().size()),
                    null);
        }
        writer.add(new LogWriter.Task(log, range, rest, listener, 0, 0));
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
            hard = new HardState(hard.term(), hard.vote(), Math.min(hard.commit(), last), hard.leader(), hard.leaderEpoch());
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
        writer.add(new LogWriter.Task(log, range, null, null, index, term));
    }

    @Override
    public void remove(long range) {
        RangeLog log = table.range(range);
        log.admitRemoval();
        writer.add(new LogWriter.Task(log, range, null, null, 0, 0));
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
    public long oldestPendingNanos() {
        return writer.writingForNanos();
    }

    /** Writes what was submitted, then closes. */
    @Override
    public void close() {
        writer.close();
        try {
            file.close();
            files.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
