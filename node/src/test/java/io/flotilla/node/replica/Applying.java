package io.flotilla.node.replica;

import io.flotilla.node.raft.LogEntry;
import java.util.ArrayList;
import java.util.List;

/** Applies payloads as a replica does that has them all committed at once. */
final class Applying {
    private static final long TERM = 6;

    private Applying() {}

    static void apply(StateApplier to, byte[]... payloads) {
        List<LogEntry> entries = new ArrayList<>();
        long index = to.applied().index();
        for (byte[] payload : payloads) {
            entries.add(new LogEntry(++index, TERM, LogEntry.Kind.NORMAL, payload));
        }
        int applied = 0;
        while (applied < entries.size()) {
            applied = to.apply(entries, applied);
            to.takeReshaping();
        }
    }
}
