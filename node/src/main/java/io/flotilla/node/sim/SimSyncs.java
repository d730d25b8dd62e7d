package io.flotilla.node.sim;

import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.node.raft.Ready;
import java.util.ArrayList;
import java.util.List;

/** What one replica has under way to its disk, and the messages that wait for it. One sync at a time; it takes all that waits. */
final class SimSyncs {
    private static final long STALL_MICROS = LivenessSettings.DEFAULT.diskStallMillis() * 1_000;

    /** @param installed the state that a reset of the log belongs to */
    private record Write(long number, Ready.Persist persist, Machine installed, List<RaftMessage> release) {}

    private final World world;
    private final SimReplica replica;
    private List<Write> syncing = new ArrayList<>();
    private List<Write> waiting = new ArrayList<>();
    private long slowUntilMicros;
    private boolean stalled;

    SimSyncs(World world, SimReplica replica) {
        this.world = world;
        this.replica = replica;
    }

    boolean isIdle() {
        return syncing.isEmpty() && waiting.isEmpty();
    }

    void submit(long number, Ready.Persist persist, Machine installed) {
        waiting.add(new Write(number, persist, installed, new ArrayList<>()));
    }

    /** Keeps messages until all that was submitted so far is durable. False if it is already. */
    boolean hold(List<RaftMessage> messages) {
        if (isIdle()) {
            return false;
        }
        List<Write> last = waiting.isEmpty() ? syncing : waiting;
        last.get(last.size() - 1).release().addAll(messages);
        return true;
    }

    void start() {
        if (waiting.isEmpty() || !syncing.isEmpty()) {
            return;
        }
        syncing = waiting;
        waiting = new ArrayList<>();
        int life = replica.incarnation;
        List<Write> current = syncing;
        world.queue.after(world.drawSync(replica.id), 3, () -> {
            if (life == replica.incarnation) {
                done();
            }
        });
        world.queue.after(STALL_MICROS, 3, () -> {
            if (life == replica.incarnation && syncing == current) {
                stalled = true;
                replica.store.diskStalled(true);
            }
        });
    }

    private void done() {
        List<RaftMessage> release = new ArrayList<>();
        long number = 0;
        for (Write write : syncing) {
            replica.disk.write(write.persist(), write.installed());
            release.addAll(write.release());
            number = write.number();
        }
        syncing = new ArrayList<>();
        world.memberships.diskChanged();
        if (stalled) {
            stalled = false;
            replica.store.diskStalled(false);
        }
        replica.persisted(number, release);
        start();
    }

    /** The process is gone. Of what was under way some may be durable, in order, and the rest is lost. */
    void crash() {
        List<Write> unconfirmed = new ArrayList<>(syncing);
        unconfirmed.addAll(waiting);
        int survive = unconfirmed.isEmpty() ? 0 : world.random.nextInt(unconfirmed.size() + 1);
        for (int i = 0; i < survive; i++) {
            replica.disk.write(unconfirmed.get(i).persist(), unconfirmed.get(i).installed());
        }
        if (survive < unconfirmed.size()) {
            world.count(Fault.TORN_WRITE);
        }
        world.memberships.diskChanged();
        syncing = new ArrayList<>();
        waiting = new ArrayList<>();
        stalled = false;
    }

    void beSlow(long untilMicros) {
        slowUntilMicros = untilMicros;
    }

    boolean areSlow() {
        return world.queue.nowMicros() < slowUntilMicros;
    }
}
