package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.DiskFile;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.StateCorruptException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

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
    /** 1: before replica checksums. */
    private static final byte VERSION = 2;

    private static final String FILE = "identity";
    private static final int BYTES = 37;
    private static final UUID NONE = new UUID(0, 0);

    /** Thrown if the data directory belongs to somebody else. */
    public static final class WrongStore extends RuntimeException {
        private static final long serialVersionUID = 1L;

        WrongStore(String message) {
            super(message);
        }
    }

    /**
     * Reads the identity found in {@code engine}, or gives it the fresh one. A copy is kept in a file of its own in {@code directory}: whoever has to rebuild
     * the engine must not lose it.
     *
     * @throws WrongStore if it is another node's, or of a version that is not known here
     * @throws StateCorruptException if the engine is empty and the copy says that it must not be
     */
    public static StoreIdentity open(Engine engine, Disk disk, Path directory, NodeId node, UUID fresh)
            throws IOException {
        StoreIdentity identity = found(engine, directory.resolve(FILE), node, fresh);
        identity.copyTo(disk, directory);
        return identity;
    }

    private static StoreIdentity found(Engine engine, Path copy, NodeId node, UUID fresh) {
        byte[] bytes = engine.get(Space.LOCAL, KEY);
        if (bytes == null) {
            if (Files.exists(copy)) {
                throw new StateCorruptException(
                        "the state is empty, but " + copy + " says that it must not be",
                        new IllegalStateException("the state directory was lost or replaced"));
            }
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

    /**
     * Joins a cluster, durably, the copy in {@code directory} too.
     *
     * @throws WrongStore if it belongs to another one
     * @throws UncheckedIOException if the disk does not take the copy; then this store has joined only if it is found so at its next start
     */
    public StoreIdentity join(Engine engine, Disk disk, Path directory, UUID clusterId) {
        if (cluster.isPresent() && !cluster.get().equals(clusterId)) {
            throw new WrongStore(
                    "the data directory belongs to cluster " + cluster.get() + ", the other nodes to " + clusterId);
        }
        if (cluster.isPresent()) {
            return this;
        }
        StoreIdentity joined = new StoreIdentity(node, store, Optional.of(clusterId));
        joined.write(engine);
        try {
            joined.copyTo(disk, directory);
        } catch (IOException unwritten) {
            throw new UncheckedIOException("the copy of the store's identity cannot be written", unwritten);
        }
        return joined;
    }

    /** The copy in {@code directory}, if there is one that can be read. */
    public static Optional<StoreIdentity> copyIn(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        if (bytes.remaining() != BYTES + Integer.BYTES || bytes.getInt(BYTES) != checksum(bytes.array())) {
            return Optional.empty();
        }
        return Optional.of(decode(bytes.array()));
    }

    /** What is found in the engine, if anything. */
    public static Optional<StoreIdentity> in(Engine engine) {
        return Optional.ofNullable(engine.get(Space.LOCAL, KEY)).map(StoreIdentity::decode);
    }

    /** Keeps a copy in {@code directory}, durably. */
    public void copyTo(Disk disk, Path directory) throws IOException {
        if (copyIn(directory).filter(this::equals).isPresent()) {
            return;
        }
        byte[] fields = encode();
        ByteBuffer bytes = ByteBuffer.allocate(BYTES + Integer.BYTES)
                .put(fields)
                .putInt(checksum(fields))
                .flip();
        Path fresh = directory.resolve(FILE + ".new");
        try (DiskFile out = disk.open(fresh)) {
            out.write(bytes, 0);
            out.force();
        }
        disk.rename(fresh, directory.resolve(FILE));
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, BYTES);
        return (int) crc.getValue();
    }

    /** Gives a new engine this identity, durably. */
    public void write(Engine engine) {
        try (Engine.Batch batch = engine.newBatch()) {
            batch.put(Space.LOCAL, KEY, encode());
            engine.write(batch);
        }
        engine.flush();
    }

    private byte[] encode() {
        UUID id = cluster.orElse(NONE);
        return ByteBuffer.allocate(BYTES)
                .put(VERSION)
                .putInt(node.value())
                .putLong(store.getMostSignificantBits())
                .putLong(store.getLeastSignificantBits())
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    private static StoreIdentity decode(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        byte version = buffer.get();
        if (version != VERSION) {
            throw new WrongStore("the data directory was written by " + (version < VERSION ? "an older" : "a newer")
                    + " version of Flotilla: its format is " + version + ", this one reads and writes " + VERSION);
        }
        NodeId node = new NodeId(buffer.getInt());
        UUID store = new UUID(buffer.getLong(), buffer.getLong());
        UUID cluster = new UUID(buffer.getLong(), buffer.getLong());
        return new StoreIdentity(node, store, cluster.equals(NONE) ? Optional.empty() : Optional.of(cluster));
    }
}
