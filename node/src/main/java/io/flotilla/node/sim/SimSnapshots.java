package io.flotilla.node.sim;

import io.flotilla.node.raft.RaftEvent;
import java.util.HashMap;

/** One replica's snapshots: those it sends, and those that arrive and take their time to be installed. */
final class SimSnapshots {
    private final World world;
    private final SimReplica replica;
    private Machine arrived;
    private int from;

    /** By index: what the log may be reset to. Looked up only. */
    private final HashMap<Long, Machine> installed = new HashMap<>();

    SimSnapshots(World world, SimReplica replica) {
        this.world = world;
        this.replica = replica;
        this.arrived = world.founded;
    }

    void send(int peer) {
        Machine snapshot = world.replica(peer).witness ? replica.machine.withoutData() : replica.machine;
        long term = replica.status.term();
        long delay = world.network.bulkDelay(replica.id, peer);
        int life = replica.incarnation;
        if (delay > 0) {
            world.queue.after(delay, 4, () -> world.replica(peer).receiveSnapshot(replica.id, term, snapshot));
        } else {
            world.count(Fault.SNAPSHOT_LOST);
        }
        world.queue.after(Math.abs(delay), 4, () -> {
            if (life == replica.incarnation) {
                replica.enqueue(new RaftEvent.SnapshotSent(peer, delay > 0));
            }
        });
    }

    void arrived(int sender, Machine snapshot) {
        if (snapshot.applied() >= arrived.applied()) {
            arrived = snapshot;
            from = sender;
        }
    }

    void install() {
        Machine snapshot = arrived;
        int sender = from;
        int life = replica.incarnation;
        world.queue.after(1_000 + world.random.nextLong(150_000), 5, () -> {
            if (life == replica.incarnation && snapshot.applied() > replica.machine.applied()) {
                installed.put(snapshot.applied(), snapshot);
                replica.become(snapshot);
                replica.enqueue(new RaftEvent.SnapshotInstalled(
                        sender, snapshot.applied(), snapshot.term(), snapshot.membership()));
            }
        });
    }

    /** What was installed at that index. */
    Machine installedAt(long index, Machine otherwise) {
        return installed.getOrDefault(index, otherwise);
    }

    void forget() {
        arrived = world.founded;
    }
}
