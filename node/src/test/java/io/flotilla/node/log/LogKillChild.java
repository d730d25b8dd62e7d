package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.Persist;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * Appends for ever and prints "range index" of everything acknowledged, until it is killed. Ranges above {@link #BUSY} are written once and then left
 * alone; busy ones keep only their last {@link #KEPT} entries, so that files are collected all the time.
 */
final class LogKillChild {
    static final int BUSY = 3;
    static final int IDLE = 3;
    static final int IDLE_ENTRIES = 30;
    static final int KEPT = 20;
    static final LogSettings SETTINGS = new LogSettings(1 << 20, 0, 1 << 20, 2, 1L << 30);
    private static final int PAYLOAD_BYTES = 8_000;
    private static final int INFLIGHT_MAX = 12;

    private LogKillChild() {}

    public static void main(String[] arguments) throws Exception {
        SharedLog log = new ChronicleLog(Path.of(arguments[0]), SETTINGS);
        Semaphore inflight = new Semaphore(INFLIGHT_MAX);
        long[] next = new long[BUSY + 1];
        for (int range = BUSY + 1; range <= BUSY + IDLE; range++) {
            if (log.view(range).lastIndex() == 0) {
                LogFixture.write(log, range, LogFixture.append(1, IDLE_ENTRIES, 1));
                LogFixture.write(log, range, LogFixture.hard(range, 1, range));
            }
        }
        for (int range = 1; range <= BUSY; range++) {
            next[range] = log.view(range).lastIndex() + 1;
        }
        System.out.println("ready");
        for (int i = 0; ; i++) {
            inflight.acquire();
            int range = 1 + i % BUSY;
            long index = next[range]++;
            Persist persist = new Persist(new HardState(1, 1, index - 1), List.of(entry(index)), null);
            log.submit(range, persist, new SharedLog.Listener() {
                @Override
                public void durable() {
                    System.out.println(range + " " + index);
                    inflight.release();
                }

                @Override
                public void failed(Exception cause) {
                    cause.printStackTrace();
                    Runtime.getRuntime().halt(3);
                }
            });
            if (index % 10 == 0 && index > KEPT) {
                log.compact(range, index - KEPT, 1);
            }
        }
    }

    private static LogEntry entry(long index) {
        byte[] payload = new byte[PAYLOAD_BYTES];
        byte[] head = LogFixture.payload(index, 1);
        System.arraycopy(head, 0, payload, 0, head.length);
        return new LogEntry(index, 1, LogEntry.Kind.NORMAL, payload);
    }
}
