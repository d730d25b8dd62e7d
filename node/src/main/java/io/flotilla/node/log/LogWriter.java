package io.flotilla.node.log;

import io.flotilla.node.log.SharedLog.Listener;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that appends: takes all that waits, appends it as one record, forces once, makes it visible, tells the listeners in
 * order.
 *
 * <p>HAZARD: after a failed sync nobody knows what is on the disk, and asking again may answer "fine" for pages that are gone. So the first
 * failure is final: everything waiting and everything to come is told so.
 */
final class LogWriter implements Runnable {
    /** Something to be written; exactly one of persist, compaction (index above 0) or removal. */
    record Task(
            RangeLog log,
            long range,
            @Nullable Persist persist,
            @Nullable Listener listener,
            long index,
            long term) {
        boolean isCompaction() {
            return persist == null && index > 0;
        }
    }

    private final QueueFile file;
    private final LogTable table;
    private final int groupBytesMax;
    private final int recordBytesMax;
    private final ConcurrentLinkedQueue<Task> waiting = new ConcurrentLinkedQueue<>();
    private final GroupRecord record = new GroupRecord();
    private final List<Task> group = new ArrayList<>();
    private final List<Task> markers = new ArrayList<>();
    private final Thread thread;
    private volatile boolean parked;
    private volatile boolean closing;
    private volatile @Nullable Exception failure;
    private volatile long writingSinceNanos;
    private @Nullable Task held;
    private long sequence;

    LogWriter(QueueFile file, LogTable table, LogSettings settings, long sequence) {
        this.file = file;
        this.table = table;
        this.groupBytesMax = Math.min(settings.groupBytesMax(), settings.recordBytesMax());
        this.recordBytesMax = settings.recordBytesMax();
        this.sequence = sequence;
        this.thread = new Thread(this, "log-writer");
        thread.setDaemon(true);
    }

    /** Writes the first record of this opening, on the caller's thread, so that a bad disk is found out at once. */
    void start() throws IOException {
        record.begin();
        record.open();
        write();
        thread.start();
    }

    void add(Task task) {
        waiting.add(task);
        if (parked && !task.isCompaction()) {
            LockSupport.unpark(thread);
        }
    }

    @Nullable
    Exception failure() {
        return failure;
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
            if (collect()) {
                handle();
            } else if (last) {
                break;
            } else {
                park();
            }
        }
    }

    private void park() {
        parked = true;
        if (!closing && !hasWork()) {
            LockSupport.park(this);
        }
        parked = false;
    }

    private boolean hasWork() {
        Task head = waiting.peek();
        return held != null || head != null && !head.isCompaction();
    }

    /** Takes what fits one record; true if there is something to force. */
    private boolean collect() {
        record.begin();
        group.clear();
        boolean urgent = closing && !markers.isEmpty();
        for (Task marker : markers) {
            encode(marker);
        }
        Task task = held != null ? held : waiting.poll();
        held = null;
        while (task != null) {
            Persist persist = task.persist();
            long size = persist == null ? 0 : GroupRecord.sizeOf(persist);
            if (!group.isEmpty() && record.length() + size > groupBytesMax) {
                held = task;
                break;
            }
            if (record.length() + size > recordBytesMax) {
                fail(new IOException("a write of " + size + " bytes is larger than a record may be"), task);
            } else {
                urgent |= closing || !task.isCompaction();
                group.add(task);
                encode(task);
            }
            task = waiting.poll();
        }
        if (!urgent) {
            keepMarkers();
        }
        return urgent;
    }

    /** Compaction is not worth a force of its own: its effect is at once, its marker goes with the next record. */
    private void keepMarkers() {
        for (Task task : group) {
            task.log().compact(task.index(), task.term());
            markers.add(task);
        }
    }

    private void encode(Task task) {
        Persist persist = task.persist();
        if (persist != null) {
            record.persist(task.range(), persist);
        } else if (task.isCompaction()) {
            record.compact(task.range(), task.index(), task.term());
        } else {
            record.remove(task.range());
        }
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
            failure = failed;
        }
        markers.clear();
        for (Task task : group) {
            if (task.listener() != null) {
                task.listener().failed(failed);
            }
        }
    }

    private long write() throws IOException {
        writingSinceNanos = System.nanoTime() | 1;
        record.seal(sequence);
        long place = file.append(record.array(), record.length());
        file.force();
        sequence++;
        writingSinceNanos = 0;
        return place;
    }

    private void publish(long place) {
        for (Task task : group) {
            Persist persist = task.persist();
            if (persist != null) {
                table.apply(task.log(), persist, place);
            } else if (task.isCompaction()) {
                task.log().compact(task.index(), task.term());
            } else {
                task.log().remove();
            }
        }
        for (Task task : group) {
            if (task.listener() != null) {
                task.listener().durable();
            }
        }
    }

    private void fail(Exception cause, Task task) {
        failure = cause;
        if (task.listener() != null) {
            task.listener().failed(cause);
        }
    }
}
