package io.flotilla.node.replica;

import io.flotilla.node.log.MemoryLog;
import io.flotilla.node.log.SharedLog;
import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogView;
import io.flotilla.node.raft.Ready.Persist;
import java.util.List;

/** A process's log in a {@link TxnWorld}: what is submitted is durable a while later, together with all else by then. */
final class TxnLog implements SharedLog {
    private final MemoryLog log;
    private final TxnProcess process;
    private boolean syncing;

    TxnLog(MemoryLog log, TxnProcess process) {
        this.log = log;
        this.process = process;
    }

    @Override
    public void submit(long range, Persist persist, Listener listener) {
        log.submit(range, persist, listener);
        if (listener instanceof DurableGate) {
            log.sync(); // Somebody stands and waits.
        } else if (!syncing) {
            syncing = true;
            process.after(process.world().syncMicros(), () -> {
                syncing = false;
                if (process.world().happens(process.world().weather.upheaval().syncFails())) {
                    process.world().saw(TxnSight.SYNC_FAILED);
                    process.node.fail();
                } else {
                    log.sync();
                }
            });
        }
    }

    @Override
    public void compact(long range, long index, long term) {
        log.compact(range, index, term);
    }

    @Override
    public void remove(long range) {
        log.remove(range);
    }

    @Override
    public LogView view(long range) {
        return log.view(range);
    }

    @Override
    public HardState hardState(long range) {
        return log.hardState(range);
    }

    @Override
    public List<Long> ranges() {
        return log.ranges();
    }

    @Override
    public void close() {
        log.close();
    }
}
