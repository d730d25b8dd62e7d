package io.flotilla.node.sim;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready;
import java.util.ArrayList;
import java.util.List;

/** A log with its hard state, and with a hash per position over everything up to there, which makes comparing two logs one comparison. */
final class SimLog implements LogView {
    private final ArrayList<LogEntry> entries = new ArrayList<>();
    private long[] chains = new long[64];
    private long[] bones = new long[64];
    private long floor;
    private long floorTerm;
    private long floorChain;
    private long floorBones;
    private HardState hardState = HardState.INITIAL;

    SimLog copy() {
        SimLog copy = new SimLog();
        copy.entries.addAll(entries);
        copy.chains = chains.clone();
        copy.bones = bones.clone();
        copy.floor = floor;
        copy.floorTerm = floorTerm;
        copy.floorChain = floorChain;
        copy.floorBones = floorBones;
        copy.hardState = hardState;
        return copy;
    }

    /** @param installed the state at the position a reset names */
    void write(Ready.Persist persist, Machine installed) {
        HardState state = persist.hardState();
        if (state != null) {
            hardState = state;
        }
        Ready.LogReset reset = persist.reset();
        if (reset != null) {
            SimViolation.check(
                    reset.index() == installed.applied(),
                    "the log is reset to what is installed",
                    reset.index(),
                    installed.applied());
            resetTo(installed);
        }
        List<LogEntry> added = persist.entries();
        for (int i = 0; i < added.size(); i++) {
            append(added.get(i));
        }
    }

    /** The log begins behind what the state machine holds. */
    void resetTo(Machine machine) {
        entries.clear();
        floor = machine.applied();
        floorTerm = machine.term();
        floorChain = machine.chain();
        floorBones = machine.bones();
    }

    /** A log that never was under another state. */
    static SimLog startingAt(Machine machine) {
        SimLog log = new SimLog();
        log.resetTo(machine);
        log.hardState = new HardState(machine.term(), 0, machine.applied());
        return log;
    }

    private void append(LogEntry entry) {
        int at = (int) (entry.index() - floor - 1);
        SimViolation.check(
                at >= 0 && at <= entries.size(), "entries are persisted without gaps", entry.index(), lastIndex());
        while (entries.size() > at) {
            entries.remove(entries.size() - 1);
        }
        long before = at == 0 ? floorChain : chains[at - 1];
        long bonesBefore = at == 0 ? floorBones : bones[at - 1];
        entries.add(entry);
        if (at == chains.length) {
            chains = java.util.Arrays.copyOf(chains, at * 2);
            bones = java.util.Arrays.copyOf(bones, at * 2);
        }
        chains[at] = chainOf(before, entry.term(), entry.payload());
        bones[at] = chainOf(bonesBefore, entry.term(), Payloads.bones(entry));
    }

    static long chainOf(long before, long term, byte[] payload) {
        long content = payload.length;
        for (byte each : payload) {
            content = content * 31 + each;
        }
        return Hash.mix(Hash.mix(before, term), content);
    }

    void compactTo(long index) {
        if (index <= floor) {
            return;
        }
        int drop = (int) (index - floor);
        floorTerm = termAt(index);
        floorChain = chainAt(index);
        floorBones = bonesAt(index);
        entries.subList(0, drop).clear();
        System.arraycopy(chains, drop, chains, 0, entries.size());
        System.arraycopy(bones, drop, bones, 0, entries.size());
        floor = index;
    }

    HardState hardState() {
        return hardState;
    }

    /** The hash over the log up to {@code index}, which must be in [firstIndex - 1, lastIndex]. */
    long chainAt(long index) {
        return index == floor ? floorChain : chains[(int) (index - floor - 1)];
    }

    /** The hash over what a witness keeps of the log up to {@code index}. */
    long bonesAt(long index) {
        return index == floor ? floorBones : bones[(int) (index - floor - 1)];
    }

    long lastTerm() {
        return termAt(lastIndex());
    }

    LogEntry entryAt(long index) {
        return entries.get((int) (index - floor - 1));
    }

    boolean covers(long index) {
        return index >= floor && index <= lastIndex();
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
        if (index == floor) {
            return floorTerm;
        }
        return entries.get((int) (index - floor - 1)).term();
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
