package io.flotilla.node.raft;

import java.util.List;

/**
 * The durable part of a replica's log, as the core may look at it. It shows exactly what was persisted up to the last {@link
 * RaftEvent.Persisted} given to the core, or more; never entries that were overridden. Answers come from memory or, for old entries, from
 * disk.
 */
public interface LogView {
    /** The first index that {@link #entries} can return; last compacted index plus one. */
    long firstIndex();

    /** The last durable index; {@code firstIndex() - 1} if there is none. */
    long lastIndex();

    /** The term of an entry in [firstIndex - 1, lastIndex]. */
    long termAt(long index);

    /** Entries in [from, to), at least one if there is one, cut after {@code bytesMax} bytes. */
    List<LogEntry> entries(long from, long to, long bytesMax);
}
