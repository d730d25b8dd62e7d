package io.flotilla.node.replica;

import java.util.function.Consumer;

/** The door of a replica that nobody lets sleep. */
record IdleDoor(Consumer<Throwable> failures) implements ReplicaActor.Door {
    @Override
    public void awake() {}

    @Override
    public void rests(Slot.Rest waitsFor) {}

    @Override
    public boolean fallAsleep(long heard, Dormant kept) {
        return false;
    }

    @Override
    public void failed(Throwable failure) {
        failures.accept(failure);
    }
}
