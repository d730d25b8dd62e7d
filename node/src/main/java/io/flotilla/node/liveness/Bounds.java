package io.flotilla.node.liveness;

import io.flotilla.config.time.Timestamp;

/** The highest bound heard under each of a store's last few epochs. Immutable: views share it. */
final class Bounds {
    private static final int KEPT = 4;

    private final long[] epochs;
    private final Timestamp[] highest;
    private final Timestamp forgotten;

    /** @param forgotten not below any bound that was heard and is not in here */
    Bounds(Timestamp forgotten) {
        this(new long[0], new Timestamp[0], forgotten);
    }

    private Bounds(long[] epochs, Timestamp[] highest, Timestamp forgotten) {
        this.epochs = epochs;
        this.highest = highest;
        this.forgotten = forgotten;
    }

    /** For an epoch that is not remembered: above all that can have been heard under it. */
    Timestamp of(long epoch) {
        for (int i = 0; i < epochs.length; i++) {
            if (epochs[i] == epoch) {
                return highest[i];
            }
        }
        return forgotten;
    }

    /** @param floor what an epoch begins with of which nothing is remembered */
    Bounds with(long epoch, Timestamp bound, Timestamp floor) {
        for (int i = 0; i < epochs.length; i++) {
            if (epochs[i] == epoch) {
                if (!bound.isAfter(highest[i])) {
                    return this;
                }
                Timestamp[] raised = highest.clone();
                raised[i] = bound;
                return new Bounds(epochs, raised, forgotten);
            }
        }
        return append(epoch, bound.max(floor));
    }

    /** Nothing up to that epoch, as far as it is remembered, is above {@code bound} after all. */
    Bounds lowered(long epoch, Timestamp bound) {
        Timestamp[] lower = highest.clone();
        for (int i = 0; i < epochs.length; i++) {
            lower[i] = epochs[i] <= epoch ? highest[i].min(bound) : highest[i];
        }
        return new Bounds(epochs, lower, forgotten);
    }

    private Bounds append(long epoch, Timestamp bound) {
        int drop = epochs.length == KEPT ? 1 : 0;
        int kept = epochs.length - drop;
        long[] moreEpochs = new long[kept + 1];
        Timestamp[] moreBounds = new Timestamp[kept + 1];
        System.arraycopy(epochs, drop, moreEpochs, 0, kept);
        System.arraycopy(highest, drop, moreBounds, 0, kept);
        moreEpochs[kept] = epoch;
        moreBounds[kept] = bound;
        return new Bounds(moreEpochs, moreBounds, drop == 0 ? forgotten : forgotten.max(highest[0]));
    }
}
