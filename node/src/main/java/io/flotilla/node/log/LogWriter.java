package io.flotilla.node.log;

import io.flotilla.node.log.LogTask.Compact;
import io.flotilla.node.log.LogTask.Move;
import io.flotilla.node.log.LogTask.Remove;
import io.flotilla.node.log.LogTask.Start;
import io.flotilla.node.log.LogTask.Write;
import io.flotilla.node.log.SharedLog.Listener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that appends: takes all that waits, appends it as one record, forces once, makes it visible, tells the listeners in
 * order.
 *
 * <p>HAZARD: after a failed sync nobody knows what is on the disk, and asking again may answer "fine" for pages that are gone. So the first
 * failure is final: everything waiting and everything to come is told so.
 */
final class LogWriter implements Runnable {
    /** Told of what is written, on the writer's thread. */
    interface Progress {
        /** A new file was begun; {@code bytes} of the one before are in use. */
        void rolled(int cycle, long firstSequence, long bytes);

        /** A record is durable: what ranges wanted, and what was moved. */
        void written(int bytes, int movedBytes);

        /** Ranges gave up something. */
        void compacted();
    }

    /** What went into a record, and where in it. */
    private record Part(LogTask task, int at, RangeLog.@Nullable Tail tail) {}

    private final QueueFile file;
    private final LogTable table;
    private final Progress progress;
    private final int groupBytesMax;
    private final int recordBytesMax;
    private final ConcurrentLinkedQueue<LogTask> waiting = new ConcurrentLinkedQueue<>();

    /** Moves and starts: written before anything else of a group, since they repeat what is durable already. */
    private final ConcurrentLinkedQueue<LogTask> upkeep = new ConcurrentLinkedQueue<>();

    private final GroupRecord record = new GroupRecord();
    private final List<Part> group = new ArrayList<>();
    private final List<Compact> markers = new ArrayList<>();
    private final Thread thread;
    private volatile boolean parked;
    private volatile boolean closing;
    private volatile Consumer<Exception> onFailure = cause -> {};
    private volatile @Nullable Exception failure;
    private @Nullable LogTask held;

    /** Taken from those that wait, and not part of the group yet. */
    private @Nullable LogTask inHand;

    private int movedBytes;
    private volatile long writingSinceNanos;

    /** The next record's number; written by this thread alone. */
    private volatile long sequence;

    LogWriter(QueueFile file, LogTable table, LogSettings settings, long sequence, Progress progress) {
        this.file = file;
        this.table = table;
        this.progress = progress;
        this.groupBytesMax = Math.min(settings.groupBytesMax(), settings.recordBytesMax());
        this.recordBytesMax = settings.recordBytesMax();
        this.sequence = sequence;
        this.thread = new Thread(this, "log-writer");
        thread.setDaemon(true);
    }

    /** Writes the first record of this opening, on the caller's thread, so that a bad disk is found out at once. */
    void start(long neededFrom) throws IOException {
        record.begin();
        record.start(neededFrom);
        write();
        thread.start();
    }

    /** All records with smaller numbers are durable. Any thread. */
    long nextSequence() {
        return sequence;
    }

    void add(LogTask task) {
        boolean urgent = !(task instanceof Compact);
        if (task instanceof Move || task instanceof Start) {
            upkeep.add(task);
        } else {
            waiting.add(task);
        }
        if (urgent && parked) {
            LockSupport.unpark(thread);
        }
    }

    @Nullable
    Exception failure() {
        return failure;
    }

    /** Nothing more will be durable. */
    void fail(Exception cause) {
        Consumer<Exception> told;
        synchronized (this) {
            if (failure != null) {
                return;
            }
            failure = cause;
            told = onFailure;
        }
        told.accept(cause);
    }

    /** Whom to tell of the first failure. */
    void onFailure(Consumer<Exception> told) {
        Exception already;
        synchronized (this) {
            onFailure = told;
            already = failure;
        }
        if (already != null) {
            told.accept(already);
        }
    }

    /** How long the write under way takes by now; 0 if there is none. What waits behind it is not much older. */
    long writingForNanos() {
        long since = writingSinceNanos;
        return since == 0 ? 0 : System.nanoTime() - since;
    }

    /** Writes what is waiting, then ends. */
    void close() {
        closing = true;
        LockSupport.unpark(thread);
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

    @Override
    public void run() {
        while (true) {
            boolean last = closing; // read before the queue: what came before closing is still written
            if (collectOrFail()) {
                handle();
            } else if (last) {
                break;
            } else {
                park();
            }
        }
    }

    /** A bug there must not end this thread unheard: those who wait for it would wait for ever. */
    private boolean collectOrFail() {
        try {
            return collect();
        } catch (RuntimeException | Error e) {
            Exception cause = new IOException("the log cannot go on", e);
            LogTask brokenOver = inHand;
            if (brokenOver == null) {
                fail(cause);
            } else {
                upkeep.remove(brokenOver);
                refuse(cause, brokenOver);
            }
            return true;
        }
    }

    private void park() {
        parked = true;
        if (!closing && !hasWork()) {
            LockSupport.park(this);
        }
        parked = false;
    }

    /** A compaction alone is no work, but something else may have come in behind it. */
    private boolean hasWork() {
        return held != null || !upkeep.isEmpty() || !waiting.isEmpty();
    }

    /** Takes what fits one record; true if there is something to force. */
    private boolean collect() {
        record.begin();
        group.clear();
        inHand = upkeep.peek();
        for (LogTask task = inHand; task != null && fits(task); task = inHand) {
            upkeep.remove();
            encode(task);
            inHand = upkeep.peek();
        }
        inHand = null;
        boolean urgent = !group.isEmpty() || closing && !markers.isEmpty();
        movedBytes = record.length() - GroupRecord.BODY_AT;
        for (Compact marker : markers) {
            encode(marker);
        }
        LogTask task = held != null ? held : waiting.poll();
        held = null;
        while (task != null) {
            inHand = task;
            long size = task.size();
            if (GroupRecord.BODY_AT + size > recordBytesMax) {
                refuse(new IOException("a write of " + size + " bytes is larger than a record may be"), task);
            } else if (urgent && !fits(task) || record.length() + size > recordBytesMax) {
                held = task;
                return true;
            } else if (task instanceof Compact compact) {
                compact.log().compact(compact.index(), compact.term());
                markers.add(compact);
                encode(compact);
                urgent |= closing;
            } else {
                urgent = true;
                encode(task);
            }
            inHand = null;
            task = waiting.poll();
        }
        return urgent;
    }

    private boolean fits(LogTask task) {
        return record.isEmpty() || record.length() + task.size() <= groupBytesMax;
    }

    private void encode(LogTask task) {
        RangeLog.Tail tail = null;
        int at;
        if (task instanceof Write write) {
            at = record.persist(write.log().range(), write.persist());
        } else if (task instanceof Compact compact) {
            at = record.compact(compact.log().range(), compact.index(), compact.term());
        } else if (task instanceof Remove remove) {
            at = record.remove(remove.log().range());
        } else if (task instanceof Move move) {
            tail = move.log().tail(move.cycle(), move.read());
            at = record.moved(move.log().range(), tail);
        } else {
            at = record.start(((Start) task).neededFrom());
        }
        group.add(new Part(task, at, tail));
    }

    private void handle() {
        Exception failed = failure;
        if (failed == null) {
            try {
                long place = write();
                markers.clear();
                publish(place);
                return;
            } catch (Exception e) {
                failed = e;
            } catch (Error e) {
                // a fault in mapped memory, which is how a full or broken disk shows there, or a bug: final either way
                failed = new IOException("the log cannot go on", e);
            }
            fail(failed);
        }
        markers.clear();
        for (Part part : group) {
            tellFailed(part.task(), failed);
        }
    }

    private long write() throws IOException {
        writingSinceNanos = System.nanoTime() | 1;
        record.seal(sequence);
        int cycle = file.cycle();
        long used = file.position();
        long place = file.append(record.array(), record.length());
        file.force();
        if (file.cycle() != cycle) {
            progress.rolled(file.cycle(), sequence, used);
        }
        sequence = sequence + 1;
        writingSinceNanos = 0;
        return place;
    }

    private void publish(long place) {
        for (Part part : group) {
            LogTask task = part.task();
            long at = place + part.at();
            if (task instanceof Write write) {
                table.apply(write.log(), write.persist(), at);
            } else if (task instanceof Compact compact) {
                compact.log().marked(compact.index(), at);
            } else if (task instanceof Remove remove) {
                remove.log().remove();
            } else if (task instanceof Move move && part.tail() != null) {
                move.log().moved(part.tail(), at);
            }
        }
        progress.written(record.length() - movedBytes, movedBytes);
        boolean compacted = false;
        for (Part part : group) {
            compacted |= part.task() instanceof Compact;
            Listener listener = part.task().listener();
            if (listener != null) {
                listener.durable();
            }
        }
        if (compacted) {
            progress.compacted();
        }
    }

    private void refuse(Exception cause, LogTask task) {
        fail(cause);
        tellFailed(task, cause);
    }

    private static void tellFailed(LogTask task, Exception cause) {
        Listener listener = task.listener();
        if (listener != null) {
            listener.failed(cause);
        }
    }
}
