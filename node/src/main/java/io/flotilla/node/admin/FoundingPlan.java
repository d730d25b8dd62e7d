package io.flotilla.node.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A cluster's first ranges: the meta range and one range for all users' keys. Kept on the founder's disk until every node named in it has it, so that a
 * founding that was interrupted goes on by itself and never begins a second time.
 *
 * @param descriptors encoded {@link RangeDescriptor}s
 */
record FoundingPlan(String clusterId, List<Integer> nodes, List<byte[]> descriptors) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] KEY = {'f'};
    private static final RangeId FIRST_USER_RANGE = new RangeId(2);

    /** @param nodes those that get the replicas, in order */
    static FoundingPlan of(String clusterId, List<NodeId> nodes) {
        List<ReplicaInfo> replicas = new ArrayList<>();
        for (NodeId node : nodes) {
            replicas.add(new ReplicaInfo(node, replicas.size() + 1));
        }
        int next = replicas.size() + 1;
        return new FoundingPlan(
                clusterId,
                nodes.stream().map(NodeId::value).toList(),
                List.of(
                        RangeDescriptorCodec.encode(
                                new RangeDescriptor(RangeId.META, 1, KeySpace.SYSTEM, replicas, next)),
                        RangeDescriptorCodec.encode(
                                new RangeDescriptor(FIRST_USER_RANGE, 1, KeySpace.USERS, replicas, next))));
    }

    List<RangeDescriptor> ranges() {
        return descriptors.stream().map(RangeDescriptorCodec::decode).toList();
    }

    byte[] encode() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static FoundingPlan decode(byte[] bytes) {
        try {
            return JSON.readValue(bytes, FoundingPlan.class);
        } catch (IOException broken) {
            throw new IllegalArgumentException("not a founding plan", broken);
        }
    }

    void save(Engine engine) {
        try (Engine.Batch batch = engine.newBatch()) {
            batch.put(Space.LOCAL, KEY, encode());
            engine.write(batch);
        }
        engine.flush();
    }

    static Optional<FoundingPlan> unfinished(Engine engine) {
        byte[] bytes = engine.get(Space.LOCAL, KEY);
        return bytes == null ? Optional.empty() : Optional.of(decode(bytes));
    }

    static void finish(Engine engine) {
        try (Engine.Batch batch = engine.newBatch()) {
            batch.delete(Space.LOCAL, KEY);
            engine.write(batch);
        }
        engine.flush();
    }
}
