package io.flotilla.node.sim;

import io.flotilla.node.raft.RaftMessage;
import java.util.BitSet;

/**
 * Replicas say no more than they have to: in no second do two of them exchange many messages that move nothing on, whatever was lost, doubled or
 * refused. Two that answer each other's refusals as fast as they come break no other promise, and bring a network down.
 */
final class TrafficPromises {
    private static final long SECOND_MICROS = 1_000_000;

    /** Heartbeats, probes, votes asked for and refused, in the worst of times. */
    private static final int BARREN_MAX = 60;

    /**
     * Beyond that, for each request of a client, each append with something new and each acknowledgement of more than before: when messages overtake
     * each other, a whole window may be refused and sent again to move on by one.
     */
    private static final int BARREN_PER_ERRAND_MAX = 20;

    private final World world;

    /** Messages of the group so far. */
    private long sent;

    private long second;

    /** In this second, by both replicas, the smaller first; and by the replica that was asked. */
    private final int[][] barren = table();

    private final int[][] fruitful = table();
    private final int[] asked = new int[Operators.REPLICAS_MAX + 1];

    /** By sender and receiver: the indexes of entries sent in the sender's latest term. */
    private final BitSet[][] entries = new BitSet[Operators.REPLICAS_MAX + 1][Operators.REPLICAS_MAX + 1];

    private final long[][] entriesTerm = new long[Operators.REPLICAS_MAX + 1][Operators.REPLICAS_MAX + 1];

    /** By sender and receiver: the highest index acknowledged in the sender's latest term. */
    private final long[][] acknowledged = new long[Operators.REPLICAS_MAX + 1][Operators.REPLICAS_MAX + 1];

    private final long[][] acknowledgedTerm = new long[Operators.REPLICAS_MAX + 1][Operators.REPLICAS_MAX + 1];

    TrafficPromises(World world) {
        this.world = world;
    }

    private static int[][] table() {
        return new int[Operators.REPLICAS_MAX + 1][Operators.REPLICAS_MAX + 1];
    }

    long sent() {
        return sent;
    }

    /** Somebody wants something of that replica, which may make it speak to all others. */
    void asked(int replica) {
        turn();
        asked[replica]++;
    }

    void leaves(RaftMessage message) {
        turn();
        sent++;
        int one = Math.min(message.from(), message.to());
        int other = Math.max(message.from(), message.to());
        if (message instanceof RaftMessage.Append append && bringsNews(append)) {
            fruitful[one][other]++;
        } else if (message instanceof RaftMessage.AppendReply reply && reply.success()) {
            fruitful[one][other] += bringsNews(reply) ? 1 : 0;
        } else {
            int errands = fruitful[one][other] + asked[one] + asked[other];
            SimViolation.check(
                    ++barren[one][other] <= BARREN_MAX + BARREN_PER_ERRAND_MAX * errands,
                    "two replicas talk and talk: " + message,
                    barren[one][other],
                    errands);
        }
    }

    private boolean bringsNews(RaftMessage.Append append) {
        int from = append.from();
        int to = append.to();
        BitSet known = entries[from][to];
        if (known == null || entriesTerm[from][to] != append.term()) {
            known = new BitSet();
            entries[from][to] = known;
            entriesTerm[from][to] = append.term();
        }
        int first = (int) append.prevIndex() + 1;
        int end = first + append.entries().size();
        boolean news = known.nextClearBit(first) < end;
        known.set(first, end);
        return news;
    }

    private boolean bringsNews(RaftMessage.AppendReply reply) {
        int from = reply.from();
        int to = reply.to();
        boolean news = reply.term() > acknowledgedTerm[from][to] || reply.index() > acknowledged[from][to];
        if (news) {
            acknowledgedTerm[from][to] = reply.term();
            acknowledged[from][to] = reply.index();
        }
        return news;
    }

    private void turn() {
        long now = world.queue.nowMicros() / SECOND_MICROS;
        if (now != second) {
            second = now;
            for (int id = 0; id < asked.length; id++) {
                asked[id] = 0;
                java.util.Arrays.fill(barren[id], 0);
                java.util.Arrays.fill(fruitful[id], 0);
            }
        }
    }
}
