package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.routing.RangeCache;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetaPlaceTest {
    private static final RangeDescriptor BEFORE = meta(3, 1);
    private static final RangeDescriptor NOW = meta(15, 4);

    private final RangeCache ranges = new RangeCache();

    /** A node that was down while the meta range moved away from it and from all others that had it. */
    @Test
    void anOwnReplicaThatWasRemovedMeanwhileDoesNotHideWhereTheMetaRangeIs() {
        MetaPlace place = new MetaPlace(() -> Optional.of(BEFORE), ranges);
        assertThat(place.known()).contains(BEFORE);
        place.find(answered -> {
            answered.accept(AdminReply.failed("silent"));
            answered.accept(AdminReply.of(RangeDescriptorCodec.encode(NOW)));
            answered.accept(AdminReply.of(RangeDescriptorCodec.encode(meta(7, 2))));
        });
        assertThat(place.known()).contains(NOW);
        assertThat(ranges.lookup(KeySpace.METAS.start())).contains(NOW);
    }

    @Test
    void whatTheOwnReplicaKnowsIsNewerThanWhatIsHeard() {
        MetaPlace place = new MetaPlace(() -> Optional.of(NOW), ranges);
        place.find(answered -> answered.accept(AdminReply.of(RangeDescriptorCodec.encode(BEFORE))));
        assertThat(place.known()).contains(NOW);
    }

    private static RangeDescriptor meta(long generation, int firstNode) {
        List<ReplicaInfo> replicas = List.of(
                new ReplicaInfo(new NodeId(firstNode), firstNode),
                new ReplicaInfo(new NodeId(firstNode + 1), firstNode + 1),
                new ReplicaInfo(new NodeId(firstNode + 2), firstNode + 2));
        return new RangeDescriptor(RangeId.META, generation, KeySpace.SYSTEM, replicas, firstNode + 3);
    }
}
