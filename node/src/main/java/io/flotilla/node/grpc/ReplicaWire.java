package io.flotilla.node.grpc;

import io.flotilla.config.id.NodeId;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.v1.ChangeReplicasRequest;
import io.flotilla.v1.ChangeReplicasResponse;
import io.flotilla.v1.Error;
import io.flotilla.v1.ReplicaInfo;
import java.util.List;
import java.util.Set;

/** Changes of replicas, between the protocol and the rooms. */
final class ReplicaWire {
    private ReplicaWire() {}

    static ReplicaChange wish(ChangeReplicasRequest request) {
        return switch (request.getChangeCase()) {
            case ADD ->
                new ReplicaChange.Add(
                        node(request.getAdd().getNode()), request.getAdd().getWitness());
            case REMOVE -> new ReplicaChange.Remove(node(request.getRemove().getNode()));
            case MOVE ->
                new ReplicaChange.Move(
                        node(request.getMove().getFromNode()),
                        node(request.getMove().getToNode()));
            case CHANGE_NOT_SET -> throw Refusal.invalid("a change must be set");
        };
    }

    private static NodeId node(int node) {
        if (node <= 0) {
            throw Refusal.invalid("a node's id must be positive: " + Integer.toUnsignedString(node));
        }
        return new NodeId(node);
    }

    static ChangeReplicasResponse failed(Error error) {
        return ChangeReplicasResponse.newBuilder().setError(error).build();
    }

    static ChangeReplicasResponse answer(RangeDescriptor asked, ReplicaChangeResult result) {
        if (result instanceof ReplicaChangeResult.Done done) {
            return of(done.range()).setDone(true).setChanged(done.changed()).build();
        }
        if (result instanceof ReplicaChangeResult.Unfinished unfinished) {
            return of(unfinished.range())
                    .setChanged(unfinished.range().generation() != asked.generation())
                    .setWaitsFor(unfinished.waitsFor())
                    .build();
        }
        if (result instanceof ReplicaChangeResult.Refused refused) {
            Error.Code code = refused.absent() ? Error.Code.NOT_FOUND : Error.Code.INVALID;
            return failed(WireErrors.of(code, refused.why()));
        }
        return failed(lookingUp(WireErrors.of(((ReplicaChangeResult.Failed) result).error())));
    }

    /** That the time was up on the way to a range would be taken for the one that is to be changed. */
    static Error lookingUp(Error error) {
        return error.getCode() == Error.Code.DEADLINE
                ? error.toBuilder()
                        .setMessage("looking the range up in the meta range: " + error.getMessage())
                        .build()
                : error;
    }

    private static ChangeReplicasResponse.Builder of(RangeDescriptor range) {
        return ChangeReplicasResponse.newBuilder()
                .setRange(range.id().value())
                .setGeneration(range.generation())
                .addAllReplicas(infos(range, Set.of()));
    }

    /** @param asleep the nodes where its replica is known to sleep */
    static List<ReplicaInfo> infos(RangeDescriptor range, Set<NodeId> asleep) {
        return range.replicas().stream()
                .map(replica -> info(replica, asleep.contains(replica.node())))
                .toList();
    }

    private static ReplicaInfo info(io.flotilla.range.routing.ReplicaInfo replica, boolean asleep) {
        return ReplicaInfo.newBuilder()
                .setNode(replica.node().value())
                .setReplicaId(replica.replicaId())
                .setKind(
                        switch (replica.kind()) {
                            case VOTER -> ReplicaInfo.Kind.VOTER;
                            case LEARNER -> ReplicaInfo.Kind.LEARNER;
                            case INCOMING -> ReplicaInfo.Kind.INCOMING;
                            case OUTGOING -> ReplicaInfo.Kind.OUTGOING;
                        })
                .setWitness(replica.witness())
                .setAsleep(asleep)
                .build();
    }
}
