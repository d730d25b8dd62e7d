package io.flotilla.node.liveness;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.raft.Now;

/**
 * Up to where a store may serve now: what its {@link ClockMark} says that is durable and, while the next is being written, that one too; after a crash
 * either may be found. Immutable: views share it.
 */
record ClockBound(long boot, ClockMark durable, ClockMark written) {
    static ClockBound restored(long boot, ClockMark found) {
        return new ClockBound(boot, found, found);
    }

    Timestamp at(long monotonicMicros) {
        Timestamp bound = durable.at(boot, monotonicMicros);
        return isSettled() ? bound : bound.min(written.at(boot, monotonicMicros));
    }

    boolean isSettled() {
        return durable.equals(written);
    }

    /** One step at a time: this very one if nothing is to be written, or something already is. */
    ClockBound ahead(Now now, long stepMicros, boolean trusted) {
        ClockMark next = isSettled() ? durable.ahead(now, boot, stepMicros, trusted) : written;
        return next.equals(written) ? this : new ClockBound(boot, durable, next);
    }

    ClockBound settled() {
        return new ClockBound(boot, written, written);
    }
}
