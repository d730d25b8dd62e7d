package io.flotilla.node.transport;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaLink;
import java.util.function.Consumer;

/**
 * Sends to other nodes. Nothing is retried and everything may be lost, duplicated by nobody, and is in order per pair of nodes and lane.
 *
 * <p>Threading: callable from any thread, never blocks. As a {@link ReplicaLink} it also serves this node's own replicas, without the wire.
 */
public interface Transport extends ReplicaLink {
    /** Drops the message if the node's address is not known. */
    void sendRaft(NodeId to, RangeId range, RaftMessage message);

    /** Before everything else that waits for that node. Drops the message if the node's address is not known. */
    void sendLiveness(NodeId to, LivenessMessage message);

    /** Drops the notice if the node's address is not known. */
    void sendNotice(NodeId to, ReplicaNotice notice);

    /** Drops the note if the node's address is not known. */
    void sendChecksum(NodeId to, ChecksumNote note);

    /** On the bulk lane. {@code answered} is told once what became of the chunk (send the next one then). */
    void sendSnapshot(NodeId to, SnapshotChunk chunk, Consumer<SnapshotVerdict> answered);

    /** Learns (or changes) where a node is: its Akka address, {@code akka://flotilla@host:port}. */
    void addNode(NodeId node, String akkaAddress);

    /** Whether something was heard from that node lately. True for this node. */
    boolean isReachable(NodeId node);

    /** What arrives. Called on transport threads; must not block. */
    interface Inbound {
        void raft(NodeId from, RangeId range, RaftMessage message);

        void serve(RangeRequest request, Consumer<RangeReply> reply);

        /** On the bulk lane's own threads. {@code answer} is to be told what became of it, from any thread. */
        void snapshot(NodeId from, SnapshotChunk chunk, Consumer<SnapshotVerdict> answer);

        void liveness(NodeId from, LivenessMessage message);

        void notice(NodeId from, ReplicaNotice notice);

        void checksum(NodeId from, ChecksumNote note);

        /** Nothing was heard from that node for too long, or it restarted. */
        void lost(NodeId node);
    }
}
