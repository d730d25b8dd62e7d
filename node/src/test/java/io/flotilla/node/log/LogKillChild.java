package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.Ready.Persist;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/** Appends for ever and prints "range index" of everything acknowledged, until it is killed. */
final class LogKillChild {
    static final int RANGES = 3;
    private static final int INFLIGHT_MAX = 12;

    private LogKillChild() {}

    public static void main(String[] arguments) throws Exception {
        SharedLog log = new ChronicleLog(Path.of(arguments[0]), LogFixture.SMALL);
        Semaphore inflight = new Semaphore(INFLIGHT_MAX);
        long[] next = new long[RANGES + 1];
        for (int range = 1; range <= RANGES; range++) {
            next[range] = log.view(range).lastIndex() + 1;
        }
        System.out.println("ready");
        for (int i = 0; ; i++) {
            inflight.acquire();
            int range = 1 + i % RANGES;
            long index = next[range]++;
            Persist persist = new Persist(new HardState(1, 1, index - 1), LogFixture.entries(index, index, 1), null);
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
        }
    }
}
