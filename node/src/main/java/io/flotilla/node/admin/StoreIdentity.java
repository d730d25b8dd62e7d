package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;

/**
 * Whose store this is: written once when the data directory is new, and once more when it joins a cluster.
 *
 * <p>The store's own id tells a node that came back with its disk from one that came back without: the second must not vote under the identity of the
 * first, since it forgot what it promised (B22).
 *
 * @param cluster empty before the store belongs to one
 */
public record StoreIdentity(NodeId node, UUID store, Optional<UUID> cluster) {
    private static final byte[] KEY = {'i'};
    private static final byte VERSION = 1;
    private static final UUID NONE = new UUID(0, 0);

    /** Thrown if the data directory belongs to somebody else. */
    public static final class WrongStore extends RuntimeException {
        private static final long serialVersionUID = 1L;

        WrongStore(String message) {
            super(message);
        }
    }

    /** Reads the identity found in {@code engine}, or gives it the fresh one. */
    public static StoreIdentity open(Engine engine, NodeId node, UUID fresh) {
        byte[] bytes = engine.get(Space.LOCAL, KEY);
        if (bytes == null) {
            StoreIdentity identity = new StoreIdentity(node, fresh, Optional.empty());
            identity.write(engine);
            return identity;
        }
        StoreIdentity found = decode(bytes);
        if (!found.node.equals(node)) {
            throw new WrongStore(
                    "the data directory belongs to node " + found.node.value() + ", this is node " + node.value());
        }
        return found;
    }

    /** Joins a cluster, durably. A store that belongs to another one is refused. */
    public StoreIdentity join(Engine engine, UUID clusterId) {
        if (cluster.isPresent() && !cluster.get().equals(clusterId)) {
            throw new WrongStore(
                    "the data directory belongs to cluster " + cluster.get() + ", the other nodes to " + clusterId);
        }
        StoreIdentity joined = new StoreIdentity(node, store, Optional.of(clusterId));
        joined.write(engine);
        return joined;
    }

    private void write(Engine engine) {
        UUID id = cluster.orElse(NONE);
        byte[] bytes = ByteBuffer.allocate(37)
                .put(VERSION)
                .putInt(node.value())
                .putLong(store.getMostSignificantBits())
                .putLong(store.getLeastSignificantBits())
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
        try (Engine.Batch batch = engine.newBatch()) {
            batch.put(Space.LOCAL, KEY, bytes);
            engine.write(batch);
        }
        engine.flush();
    }

    private static StoreIdentity decode(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        byte version = buffer.get();
        if (version != VERSION) {
            throw new WrongStore(
                    "the data directory was written by an unknown version (identity format " + version + ")");
        }
        NodeId node = new NodeId(buffer.getInt());
        UUID store = new UUID(buffer.getLong(), buffer.getLong());
        UUID cluster = new UUID(buffer.getLong(), buffer.getLong());
        return new StoreIdentity(node, store, cluster.equals(NONE) ? Optional.empty() : Optional.of(cluster));
    }
}
