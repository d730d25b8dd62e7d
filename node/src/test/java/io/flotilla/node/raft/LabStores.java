package io.flotilla.node.raft;

import io.flotilla.config.time.Timestamp;
import java.util.TreeMap;

/**
 * Store liveness in a laboratory: a heartbeat of all reachable pairs is one call, and support ends when it was not renewed for so long, or when a test
 * says so.
 */
final class LabStores {
    private static final long SUPPORT_MICROS = 1_000_000;
    private static final long LEASE_MICROS = 800_000;

    /** What one store gives another. */
    private static final class Promise {
        private long epoch;
        private boolean given;
        private long beatMicros;
        private Timestamp bound = Timestamp.ZERO;
    }

    private final Lab lab;
    private final TreeMap<Integer, TreeMap<Integer, Promise>> promises = new TreeMap<>();
    private long epochs;

    LabStores(Lab lab) {
        this.lab = lab;
    }

    private Promise promise(int supporter, int supported) {
        Promise promise = promises.computeIfAbsent(supporter, any -> new TreeMap<>())
                .computeIfAbsent(supported, any -> new Promise());
        if (lab.micros - promise.beatMicros >= SUPPORT_MICROS) {
            promise.given = false;
        }
        return promise;
    }

    /** Every store asks every other that it can hear and be heard by. */
    void beat() {
        for (int one : lab.members()) {
            for (int other : lab.members()) {
                if (one != other && lab.isConnected(one, other)) {
                    beat(one, other);
                }
            }
        }
    }

    void beat(int supporter, int supported) {
        Promise promise = promise(supporter, supported);
        if (!promise.given) {
            promise.given = true;
            promise.epoch = ++epochs;
        }
        promise.beatMicros = lab.micros;
        promise.bound = lab.now().hybrid().plusMicros(LEASE_MICROS);
    }

    /** The supporter's promise ends now, and the supported one knows it. */
    void withdraw(int supporter, int supported) {
        promise(supporter, supported).given = false;
    }

    /** All that was promised to that store ends now: its epochs are over. */
    void resign(int supported) {
        for (int supporter : lab.members()) {
            withdraw(supporter, supported);
        }
    }

    Timestamp bound(int supporter, int supported) {
        return promise(supporter, supported).bound;
    }

    long epoch(int supporter, int supported) {
        Promise promise = promise(supporter, supported);
        return promise.given ? promise.epoch : Support.NO_EPOCH;
    }

    Support of(int self) {
        return new Support() {
            @Override
            public long givenTo(int replica) {
                return epoch(self, replica);
            }

            @Override
            public Timestamp boundOf(int replica, long epoch) {
                return promise(self, replica).bound;
            }

            @Override
            public long receivedUntilMicros(int replica, long epoch) {
                boolean stands = epoch(replica, self) == epoch;
                return stands ? promise(replica, self).beatMicros + LEASE_MICROS : NEVER;
            }

            @Override
            public Timestamp boundAcknowledged(int replica, long epoch) {
                return epoch(replica, self) == epoch ? promise(replica, self).bound : Timestamp.ZERO;
            }

            @Override
            public long receivedEpoch(int replica) {
                Promise promise = promise(replica, self);
                return promise.given && lab.micros < promise.beatMicros + LEASE_MICROS ? promise.epoch : NO_EPOCH;
            }

            @Override
            public Timestamp clockBound() {
                return Timestamp.MAX;
            }
        };
    }
}
