package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of a {@link RangeDescriptor}, as they stand in the meta range and in replicas' states. Version 2 is written; version 1,
 * in which all replicas were voters with data and had no role, is read.
 *
 * <pre>
 *   version (1 byte, 2) | range id (8) | generation (8)
 *   start length (4) | start | end length (4) | end
 *   next replica id (4) | number of replicas (2) | each: node id (4), replica id (4), role (1)
 *   role: ordinal of the kind, plus 0x10 for a witness
 * </pre>
 *
 * <p>Stateless; any thread.
 */
public final class RangeDescriptorCodec {
    private static final byte VERSION_WITHOUT_ROLES = 1;
    private static final byte VERSION = 2;
    private static final int FIXED_BYTES = 1 + 8 + 8 + 4 + 4 + 4 + 2;
    private static final int REPLICA_BYTES = 4 + 4;
    private static final int ROLE_BYTES = 1;
    private static final int WITNESS = 0x10;
    private static final ReplicaInfo.Kind[] KINDS = ReplicaInfo.Kind.values();

    private RangeDescriptorCodec() {}

    public static byte[] encode(RangeDescriptor descriptor) {
        byte[] start = descriptor.span().start().bytes();
        byte[] end = descriptor.span().end().bytes();
        List<ReplicaInfo> replicas = descriptor.replicas();
        ByteBuffer out = ByteBuffer.allocate(
                FIXED_BYTES + start.length + end.length + (REPLICA_BYTES + ROLE_BYTES) * replicas.size());
        out.put(VERSION).putLong(descriptor.id().value()).putLong(descriptor.generation());
        out.putInt(start.length).put(start).putInt(end.length).put(end);
        out.putInt(descriptor.nextReplicaId()).putShort((short) replicas.size());
        for (ReplicaInfo replica : replicas) {
            out.putInt(replica.node().value()).putInt(replica.replicaId()).put(role(replica));
        }
        return out.array();
    }

    /** @throws IllegalArgumentException if the bytes are not a descriptor */
    public static RangeDescriptor decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            byte version = in.get();
            if (version != VERSION && version != VERSION_WITHOUT_ROLES) {
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
            int replicaBytes = version == VERSION ? REPLICA_BYTES + ROLE_BYTES : REPLICA_BYTES;
            if (count < 0 || count * replicaBytes != in.remaining()) {
                throw new IllegalArgumentException(
                        "range descriptor names " + count + " replicas in " + in.remaining() + " bytes");
            }
            List<ReplicaInfo> replicas = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                NodeId node = new NodeId(in.getInt());
                int replicaId = in.getInt();
                replicas.add(replica(node, replicaId, version == VERSION ? in.get() : 0));
            }
            return new RangeDescriptor(id, generation, span, SharedReplicas.shared(replicas), nextReplicaId);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("range descriptor ends after " + bytes.length + " bytes", e);
        }
    }

    /** A replica's role in one byte. */
    public static byte role(ReplicaInfo replica) {
        return (byte) (replica.kind().ordinal() | (replica.witness() ? WITNESS : 0));
    }

    /** @throws IllegalArgumentException if there is no such role */
    public static ReplicaInfo replica(NodeId node, int replicaId, byte role) {
        int kind = role & ~WITNESS;
        if (kind < 0 || kind >= KINDS.length) {
            throw new IllegalArgumentException("replica " + replicaId + " on " + node + " has unknown role " + role);
        }
        return new ReplicaInfo(node, replicaId, KINDS[kind], (role & WITNESS) != 0);
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
