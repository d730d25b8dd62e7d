package io.flotilla.node.transport.wire;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Span;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
import java.nio.ByteBuffer;
import java.util.List;

/** Requests to one range and its replies. */
public final class RangeCodec {
    private static final byte SERVED = 1;
    private static final byte NOT_LEASEHOLDER = 2;
    private static final byte RANGE_MISMATCH = 3;
    private static final byte RANGE_UNKNOWN = 4;
    private static final byte NO_QUORUM = 5;
    private static final byte LOST = 6;

    private RangeCodec() {}

    public static void encodeRequest(RangeRequest request, ByteBuffer out) {
        Wire.putVarint(out, request.range().value());
        Wire.putVarint(out, request.generation());
        KvCodec.encodeBatch(request.batch(), out);
    }

    /** @throws WireFormatException if the bytes are not a request */
    public static RangeRequest decodeRequest(ByteBuffer in) {
        return Wire.decoding("range request", in, RangeCodec::getRequest);
    }

    public static void encodeReply(RangeReply reply, ByteBuffer out) {
        if (reply instanceof RangeReply.Served served) {
            out.put(SERVED);
            KvCodec.encodeReply(served.reply(), out);
        } else if (reply instanceof RangeReply.NotLeaseholder not) {
            out.put(NOT_LEASEHOLDER);
            Wire.putNode(out, not.leaseholder());
        } else if (reply instanceof RangeReply.RangeMismatch mismatch) {
            out.put(RANGE_MISMATCH);
            Wire.putVarint(out, mismatch.current().size());
            for (RangeDescriptor descriptor : mismatch.current()) {
                putDescriptor(out, descriptor);
            }
        } else if (reply instanceof RangeReply.RangeUnknown) {
            out.put(RANGE_UNKNOWN);
        } else if (reply instanceof RangeReply.NoQuorum none) {
            out.put(NO_QUORUM);
            Wire.putText(out, none.detail());
        } else if (reply instanceof RangeReply.Lost lost) {
            out.put(LOST);
            Wire.putFlag(out, lost.maybeExecuted());
            Wire.putText(out, lost.detail());
        } else {
            throw new IllegalStateException("no encoding for " + reply.getClass());
        }
    }

    /** @throws WireFormatException if the bytes are not a reply */
    public static RangeReply decodeReply(ByteBuffer in) {
        return Wire.decoding("range reply", in, RangeCodec::getReply);
    }

    public static void putDescriptor(ByteBuffer out, RangeDescriptor descriptor) {
        Wire.putVarint(out, descriptor.id().value());
        Wire.putVarint(out, descriptor.generation());
        Wire.putSpan(out, descriptor.span());
        Wire.putVarint(out, descriptor.replicas().size());
        for (ReplicaInfo replica : descriptor.replicas()) {
            Wire.putNode(out, replica.node());
            Wire.putVarint(out, replica.replicaId());
            out.put(RangeDescriptorCodec.role(replica));
        }
        Wire.putVarint(out, descriptor.nextReplicaId());
    }

    public static RangeDescriptor getDescriptor(ByteBuffer in) {
        RangeId id = new RangeId(Wire.getVarint(in));
        long generation = Wire.getVarint(in);
        Span span = Wire.getSpan(in);
        List<ReplicaInfo> replicas = Wire.getList(in, RangeCodec::getReplica);
        return new RangeDescriptor(id, generation, span, replicas, Wire.getInt(in));
    }

    private static RangeRequest getRequest(ByteBuffer in) {
        RangeId range = new RangeId(Wire.getVarint(in));
        long generation = Wire.getVarint(in);
        return new RangeRequest(range, generation, KvCodec.decodeBatch(in));
    }

    private static RangeReply getReply(ByteBuffer in) {
        byte kind = in.get();
        return switch (kind) {
            case SERVED -> new RangeReply.Served(KvCodec.decodeReply(in));
            case NOT_LEASEHOLDER -> new RangeReply.NotLeaseholder(Wire.getNode(in));
            case RANGE_MISMATCH -> new RangeReply.RangeMismatch(Wire.getList(in, RangeCodec::getDescriptor));
            case RANGE_UNKNOWN -> new RangeReply.RangeUnknown();
            case NO_QUORUM -> new RangeReply.NoQuorum(Wire.getText(in));
            case LOST -> {
                boolean maybeExecuted = Wire.getFlag(in);
                yield new RangeReply.Lost(maybeExecuted, Wire.getText(in));
            }
            default -> throw Wire.unknownKind("range reply", kind);
        };
    }

    private static ReplicaInfo getReplica(ByteBuffer in) {
        NodeId node = Wire.getNode(in);
        int replicaId = Wire.getInt(in);
        return RangeDescriptorCodec.replica(node, replicaId, in.get());
    }
}
