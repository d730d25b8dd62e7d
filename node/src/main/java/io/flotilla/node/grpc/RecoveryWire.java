package io.flotilla.node.grpc;

import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.range.recovery.RecoveryPlan.Forced;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.v1.Error;
import io.flotilla.v1.LostKeys;
import io.flotilla.v1.RangeRecovery;
import io.flotilla.v1.RecoverRangesResponse;

/** What is done after the loss of nodes, as the protocol says it. */
final class RecoveryWire {
    private RecoveryWire() {}

    static RecoverRangesResponse failed(Error error) {
        return RecoverRangesResponse.newBuilder().setError(error).build();
    }

    static RecoverRangesResponse answer(ClusterAdmin.Recovered recovered) {
        RecoverRangesResponse.Builder response = RecoverRangesResponse.newBuilder()
                .setUntouched(recovered.plan().untouched())
                .addAllProblems(recovered.problems())
                .setDone(recovered.done())
                .setWaitsFor(recovered.waitsFor());
        recovered.plan().forced().forEach(range -> response.addRanges(range(range)));
        recovered.plan().unrecoverable().forEach(span -> response.addUnrecoverable(span(span)));
        return response.build();
    }

    private static RangeRecovery range(Forced forced) {
        RangeDescriptor range = forced.after();
        RangeRecovery.Builder info = RangeRecovery.newBuilder()
                .setRange(range.id().value())
                .setStartKey(Wire.userKey(range.span().start()))
                .setEndKey(Wire.userKey(range.span().end()))
                .setSystem(range.span().start().compareTo(KeySpace.USERS.start()) < 0)
                .setSourceNode(forced.source().node().value())
                .setLastIndex(forced.source().lastIndex())
                .setEntriesKnownLost(forced.knownLost());
        if (forced.source().newest().isSet()) {
            info.setNewestWriteUs(forced.source().newest().unixMicros());
        }
        range.replicas().forEach(replica -> info.addNodes(replica.node().value()));
        return info.build();
    }

    private static LostKeys span(Span span) {
        return LostKeys.newBuilder()
                .setStart(KeySpace.describe(span.start()))
                .setEnd(KeySpace.describe(span.end()))
                .build();
    }
}
