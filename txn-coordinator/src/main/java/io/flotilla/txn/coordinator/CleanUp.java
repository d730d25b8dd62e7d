package io.flotilla.txn.coordinator;

import io.flotilla.config.kv.KvOp;
import io.flotilla.config.settings.TxnLimits;
import java.util.List;

/** What is left to do when the fate is known, step by step, each tried again a few times. Whoever meets what remains can do it too. */
final class CleanUp {
    private final List<List<KvOp>> steps;
    private int step;
    private Pause pause = new Pause();

    CleanUp(List<List<KvOp>> steps) {
        this.steps = steps;
    }

    boolean isDone() {
        return step == steps.size() || pause.attempts() >= TxnLimits.CLEANUP_ATTEMPTS_MAX;
    }

    List<KvOp> current() {
        return steps.get(step);
    }

    void succeeded() {
        step++;
        pause = new Pause();
    }

    /** How long to wait before the next attempt, unless {@link #isDone}. */
    long failedMicros() {
        return pause.nextMicros();
    }
}
