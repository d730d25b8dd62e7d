package io.flotilla.txn.coordinator;

import io.flotilla.config.kv.KvOp;
import io.flotilla.config.settings.TxnLimits;
import io.flotilla.config.time.Timestamp;
import java.util.List;

/** What is left to do when the fate is known, step by step, each tried again a few times. Whoever meets what remains can do it too. */
final class CleanUp {
    /** @param at the batch's timestamp; {@link Timestamp#ZERO} for whatever time it is then */
    record Step(Timestamp at, List<KvOp> ops) {
        static Step now(List<KvOp> ops) {
            return new Step(Timestamp.ZERO, ops);
        }
    }

    private final List<Step> steps;
    private int step;
    private Pause pause = new Pause();

    CleanUp(List<Step> steps) {
        this.steps = steps;
    }

    boolean isDone() {
        return isThrough() || pause.attempts() >= TxnLimits.CLEANUP_ATTEMPTS_MAX;
    }

    /** Done, and nothing was left to others. */
    boolean isThrough() {
        return step == steps.size();
    }

    Step current() {
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
