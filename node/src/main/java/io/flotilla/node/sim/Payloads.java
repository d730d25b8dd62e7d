package io.flotilla.node.sim;

import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Membership;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** What the simulated entries carry: a write is numbered bytes, a change of membership the membership and some data beside it. */
final class Payloads {
    private static final byte[] NOTHING = new byte[0];
    private static final int DATA_BYTES_MAX = 24;

    private Payloads() {}

    static byte[] write(long number, SplittableRandom random) {
        byte[] payload = new byte[8 + random.nextInt(32)];
        for (int at = 0; at < 8; at++) {
            payload[at] = (byte) (number >>> (8 * at));
        }
        return payload;
    }

    static byte[] change(Membership membership, SplittableRandom random) {
        List<Integer> bytes = new ArrayList<>();
        for (List<Integer> part :
                List.of(membership.voters(), membership.outgoing(), membership.learners(), membership.witnesses())) {
            bytes.add(part.size());
            bytes.addAll(part);
        }
        byte[] payload = new byte[bytes.size() + random.nextInt(DATA_BYTES_MAX)];
        for (int at = 0; at < bytes.size(); at++) {
            payload[at] = bytes.get(at).byteValue();
        }
        return payload;
    }

    static Membership membershipOf(byte[] payload) {
        List<List<Integer>> parts = new ArrayList<>();
        int at = 0;
        for (int part = 0; part < 4; part++) {
            List<Integer> ids = new ArrayList<>();
            int count = payload[at++];
            for (int i = 0; i < count; i++) {
                ids.add((int) payload[at++]);
            }
            parts.add(ids);
        }
        return new Membership(parts.get(0), parts.get(1), parts.get(2), parts.get(3));
    }

    /** As a witness keeps it. */
    static LogEntry withoutData(LogEntry entry) {
        byte[] kept = bones(entry);
        return kept == entry.payload() ? entry : new LogEntry(entry.index(), entry.term(), entry.kind(), kept);
    }

    /** The part of a payload that every replica has, witness or not. */
    static byte[] bones(LogEntry entry) {
        return switch (entry.kind()) {
            case EMPTY -> entry.payload();
            case NORMAL -> NOTHING;
            case CONFIG -> {
                int length = 0;
                for (int part = 0; part < 4; part++) {
                    length += 1 + entry.payload()[length];
                }
                yield length == entry.payload().length ? entry.payload() : Arrays.copyOf(entry.payload(), length);
            }
        };
    }
}
