package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready.Persist;
import java.util.ArrayDeque;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The shared log without a disk, for tests and the simulator. Single-threaded.
 *
 * <p>Either everything is durable at once and listeners are told within {@link #submit}, or (see {@link #held}) nothing is until {@link
 * #sync}; {@link #crash} then gives what a crash would leave.
 */
public final class MemoryLog implements SharedLog {
    private record Write(long range, Persist persist, Listener listener) {}

    private final boolean held;
    private final TreeMap<Long, RangeLog> ranges = new TreeMap<>();
    private final ArrayDeque<Write> waiting = new ArrayDeque<>();

    /** Durable at once. */
    public MemoryLog() {
        this(false);
    }

    private MemoryLog(boolean held) {
        this.held = held;
    }

    /** Durable only by {@link #sync}. */
    public static MemoryLog held() {
        return new MemoryLog(true);
    }

    private RangeLog range(long range) {
        return ranges.computeIfAbsent(range, id -> new RangeLog(id, (place, of) -> List.of(), new AtomicLong()));
    }

    @Override
    public void submit(long range, Persist persist, Listener listener) {
        range(range).admit(persist);
        waiting.add(new Write(range, persist, listener));
        if (!held) {
            sync();
        }
    }

    /** Makes everything that waits durable and tells its listeners in order. Returns how many writes that were. */
    public int sync() {
        int count = waiting.size();
        for (int i = 0; i < count; i++) {
            Write write = waiting.remove();
            range(write.range()).apply(write.persist(), 1);
            write.listener().durable();
        }
        return count;
    }

    /** Writes that are not durable yet. */
    public int waiting() {
        return waiting.size();
    }

    /** What was submitted and not synced is gone, and its listeners hear nothing. The rest is in the returned log. */
    public MemoryLog crash() {
        MemoryLog survivor = new MemoryLog(held);
        ranges.forEach((id, log) -> survivor.ranges.put(id, log));
        survivor.ranges.values().forEach(RangeLog::settle);
        waiting.clear();
        ranges.clear();
        return survivor;
    }

    @Override
    public void compact(long range, long index, long term) {
        range(range).admitCompaction(index, term);
        range(range).compact(index, term);
    }

    @Override
    public void remove(long range) {
        range(range).admitRemoval();
        waiting.removeIf(write -> write.range() == range);
        range(range).remove();
    }

    @Override
    public LogView view(long range) {
        return range(range);
    }

    @Override
    public HardState hardState(long range) {
        return range(range).hardState();
    }

    @Override
    public List<Long> ranges() {
        return ranges.entrySet().stream()
                .filter(entry -> !entry.getValue().isBlank())
                .map(java.util.Map.Entry::getKey)
                .toList();
    }

    @Override
    public void close() {
        waiting.clear();
    }
}
