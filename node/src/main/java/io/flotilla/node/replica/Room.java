package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.node.disk.SpaceWatch;
import java.util.Optional;

/**
 * What a store lets in when its disk has little room: no new data of users, and their deletes only as long as half of the reserve is left. What ends, undoes or finds out about transactions, and the system's own
 * keys, are let in always: they are few, and operators need them to make room.
 */
final class Room {
    private Room() {}

    /** Why the batch is refused, if it is. */
    static Optional<KvError> refusal(SpaceWatch space, NodeId node, KvBatch batch) {
        SpaceWatch.Room room = space.room();
        if (room == SpaceWatch.Room.AMPLE) {
            return Optional.empty();
        }
        for (KvOp op : batch.ops()) {
            boolean paidFromReserve = op instanceof KvOp.Delete && room == SpaceWatch.Room.RESERVE;
            if (isUserWrite(op) && !paidFromReserve) {
                return Optional.of(new KvError.DiskFull(node.toString(), space.usableBytes(), space.reserveBytes()));
            }
        }
        return Optional.empty();
    }

    /** What is refused first when anything is short: it brings new work. */
    static boolean isUserWrite(KvOp op) {
        return op instanceof KvOp.DataWrite && !KeySpace.SYSTEM.contains(op.key());
    }
}
