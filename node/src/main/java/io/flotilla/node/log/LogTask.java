package io.flotilla.node.log;

import io.flotilla.node.log.SharedLog.Listener;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something for the writer to write. */
sealed interface LogTask {
    /** Told when it is durable; null if nobody wants to know. */
    @Nullable
    Listener listener();

    /** Bytes that this adds to a record, at most. */
    default long size() {
        return GroupRecord.PART_BYTES_MAX;
    }

    /** What a range wants durable. */
    record Write(RangeLog log, Persist persist, @Nullable Listener listener) implements LogTask {
        @Override
        public long size() {
            return GroupRecord.sizeOf(persist.entries());
        }
    }

    /** Not worth a force of its own. */
    record Compact(RangeLog log, long index, long term) implements LogTask {
        @Override
        public @Nullable Listener listener() {
            return null;
        }
    }

    /** The range leaves this store. */
    record Remove(RangeLog log) implements LogTask {
        @Override
        public @Nullable Listener listener() {
            return null;
        }
    }

    /** What is still needed of {@code read}, and what goes along, is written once more, so that {@code cycle} and older files may go. */
    record Move(
            RangeLog log,
            int cycle,
            List<LogEntry> read,
            @Nullable Listener listener) implements LogTask {
        @Override
        public long size() {
            return GroupRecord.sizeOf(read);
        }
    }

    /** Records before that sequence number are needed no longer. */
    record Start(long neededFrom, @Nullable Listener listener) implements LogTask {}
}
