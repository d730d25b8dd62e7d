package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of a {@link RangeDescriptor}, as they stand in the meta range and in replicas' states. Versioned.
 *
 * <pre>
 *   version (1 byte, 1) | range id (8) | generation (8)
 *   start length (4) | start | end length (4) | end
 *   next replica id (4) | number of replicas (2) | each: node id (4), replica id (4)
 * </pre>
 *
 * <p>Stateless; any thread.
 */
public final class RangeDescriptorCodec {
    private static final byte VERSION = 1;
    private static final int FIXED_BYTES = 1 + 8 + 8 + 4 + 4 + 4 + 2;
    private static final int REPLICA_BYTES = 4 + 4;

    private RangeDescriptorCodec() {}

    public static byte[] encode(RangeDescriptor descriptor) {
        byte[] start = descriptor.span().start().bytes();
        byte[] end = descriptor.span().end().bytes();
        List<ReplicaInfo> replicas = descriptor.replicas();
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + start.length + end.length + REPLICA_BYTES * replicas.size());
        out.put(VERSION).putLong(descriptor.id().value()).putLong(descriptor.generation());
        out.putInt(start.length).put(start).putInt(end.length).put(end);
        out.putInt(descriptor.nextReplicaId()).putShort((short) replicas.size());
        for (ReplicaInfo replica : replicas) {
            out.putInt(replica.node().value()).putInt(replica.replicaId());
        }
        return out.array();
    }

    /** @throws IllegalArgumentException if the bytes are not a descriptor */
    public static RangeDescriptor decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("range descriptor of unknown version " + version);
            }
            RangeId id = new RangeId(in.getLong());
            long generation = in.getLong();
            if (generation < 0) {
                throw new IllegalArgumentException("range descriptor with generation " + generation);
            }
            Span span = new Span(key(in), key(in));
            int nextReplicaId = in.getInt();
            int count = in.getShort();
            if (count < 0 || count * REPLICA_BYTES != in.remaining()) {
                throw new IllegalArgumentException(
                        "range descriptor names " + count + " replicas in " + in.remaining() + " bytes");
            }
            List<ReplicaInfo> replicas = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                replicas.add(new ReplicaInfo(new NodeId(in.getInt()), in.getInt()));
            }
            return new RangeDescriptor(id, generation, span, replicas, nextReplicaId);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("range descriptor ends after " + bytes.length + " bytes", e);
        }
    }

    private static Key key(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException(
                    "key of " + length + " bytes where " + in.remaining() + " bytes are left");
        }
        byte[] key = new byte[length];
        in.get(key);
        return Key.wrap(key);
    }
}
