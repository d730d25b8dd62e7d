package io.flotilla.node.raft;

import java.util.ArrayList;
import java.util.List;

/** A durable log for tests: what {@link #persist} was given is durable. */
final class MemoryLog implements LogView {
    private final List<LogEntry> entries = new ArrayList<>();
    private long floor;
    private long floorTerm;

    HardState hardState = HardState.INITIAL;

    void persist(Ready.Persist persist) {
        HardState state = persist.hardState();
        if (state != null) {
            hardState = state;
        }
        Ready.LogReset reset = persist.reset();
        if (reset != null) {
            entries.clear();
            floor = reset.index();
            floorTerm = reset.term();
        }
        for (LogEntry entry : persist.entries()) {
            while (lastIndex() >= entry.index()) {
                entries.remove(entries.size() - 1);
            }
            if (entry.index() != lastIndex() + 1) {
                throw new IllegalStateException("gap before " + entry.index() + " after " + lastIndex());
            }
            entries.add(entry);
        }
    }

    void compactTo(long index) {
        long term = termAt(index);
        while (!entries.isEmpty() && entries.get(0).index() <= index) {
            entries.remove(0);
        }
        floor = index;
        floorTerm = term;
    }

    @Override
    public long firstIndex() {
        return floor + 1;
    }

    @Override
    public long lastIndex() {
        return floor + entries.size();
    }

    @Override
    public long termAt(long index) {
        return index == floor
                ? floorTerm
                : entries.get((int) (index - floor - 1)).term();
    }

    @Override
    public List<LogEntry> entries(long from, long to, long bytesMax) {
        List<LogEntry> result = new ArrayList<>();
        long bytes = 0;
        for (long index = from; index < to; index++) {
            LogEntry entry = entries.get((int) (index - floor - 1));
            bytes += entry.size();
            if (!result.isEmpty() && bytes > bytesMax) {
                break;
            }
            result.add(entry);
        }
        return result;
    }
}
