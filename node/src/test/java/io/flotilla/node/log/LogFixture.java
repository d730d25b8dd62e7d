package io.flotilla.node.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Short words for tests of logs. */
final class LogFixture {
    /** Small cycle files, no cache, so that rolling and reading back happen. */
    static final LogSettings SMALL = new LogSettings(1 << 20, 0, 1 << 20, 8, 1L << 30);

    private LogFixture() {}

    static LogEntry entry(long index, long term) {
        return new LogEntry(index, term, LogEntry.Kind.NORMAL, payload(index, term));
    }

    static byte[] payload(long index, long term) {
        return ("entry " + index + " of term " + term).getBytes(StandardCharsets.US_ASCII);
    }

    /** Entries [from, to]. */
    static List<LogEntry> entries(long from, long to, long term) {
        List<LogEntry> entries = new ArrayList<>();
        for (long i = from; i <= to; i++) {
            entries.add(entry(i, term));
        }
        return entries;
    }

    static Persist append(long from, long to, long term) {
        return new Persist(null, entries(from, to, term), null);
    }

    static Persist hard(long term, int vote, long commit) {
        return new Persist(new HardState(term, vote, commit), List.of(), null);
    }

    static Persist reset(long index, long term) {
        return new Persist(null, List.of(), new LogReset(index, term));
    }

    static CompletableFuture<Void> submit(SharedLog log, long range, Persist persist) {
        CompletableFuture<Void> durable = new CompletableFuture<>();
        log.submit(range, persist, new SharedLog.Listener() {
            @Override
            public void durable() {
                durable.complete(null);
            }

            @Override
            public void failed(Exception cause) {
                durable.completeExceptionally(cause);
            }
        });
        return durable;
    }

    static void write(SharedLog log, long range, Persist persist) {
        submit(log, range, persist).orTimeout(20, TimeUnit.SECONDS).join();
    }

    /** The whole log as "index:term", and each payload is checked. */
    static List<String> contents(LogView view) {
        List<String> contents = new ArrayList<>();
        long next = view.firstIndex();
        while (next <= view.lastIndex()) {
            for (LogEntry entry : view.entries(next, view.lastIndex() + 1, 1000)) {
                assertThat(entry.index()).isEqualTo(next++);
                assertThat(entry.term()).isEqualTo(view.termAt(entry.index()));
                assertThat(entry.payload()).startsWith(payload(entry.index(), entry.term()));
                contents.add(entry.index() + ":" + entry.term());
            }
        }
        return contents;
    }

    static @Nullable Throwable causeOf(CompletableFuture<Void> future) {
        return future.handle((ok, failure) -> failure)
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }
}
