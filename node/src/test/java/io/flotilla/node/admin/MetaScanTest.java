package io.flotilla.node.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.time.Timestamp;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How the list of ranges is read while a change of descriptors is committed and not cleaned up. */
class MetaScanTest {
    private static final Key MIDDLE = KeySpace.user("m".getBytes(StandardCharsets.UTF_8));
    private static final RangeDescriptor LEFT = range(2, KeySpace.USERS.start(), MIDDLE);
    private static final RangeDescriptor RIGHT = range(3, MIDDLE, KeySpace.USERS.end());

    private final List<KvOp.Scan> asked = new ArrayList<>();
    private final ArrayDeque<KvReply> replies = new ArrayDeque<>();
    private final List<Long> timeoutsMicros = new ArrayList<>();
    private final KvSender sender = (batch, callback) -> {
        timeoutsMicros.add(batch.header().timeoutMicros());
        asked.add((KvOp.Scan) batch.ops().get(0));
        callback.accept(replies.remove());
    };

    private final List<RangeDescriptor> found = new ArrayList<>();
    private final List<KvError> errors = new ArrayList<>();

    /** An ordinary read: whoever it meets is found out about, and cleaned up. */
    @Test
    void aSettledListFindsOutAboutWhatIsCommittedAndNotResolved() {
        replies.add(rows(null, LEFT, RIGHT));
        MetaScan.settled(sender, found::addAll, errors::add);
        assertThat(asked).singleElement().matches(scan -> !scan.inconsistent());
        assertThat(found).containsExactly(LEFT, RIGHT);
        assertThat(errors).isEmpty();
    }

    @Test
    void whatCannotBeFoundOutAboutIsPassedOverFromWhereItIs() {
        Key resume = KeySpace.meta(RIGHT.span().end());
        replies.add(rows(resume, LEFT));
        replies.add(new KvReply.Refused(new KvError.DeadlineExceeded("LATCH", false)));
        replies.add(rows(null, RIGHT));
        MetaScan.settled(sender, found::addAll, errors::add);
        assertThat(asked).extracting(KvOp.Scan::inconsistent).containsExactly(false, false, true);
        assertThat(timeoutsMicros).containsExactly(1_000_000L, 1_000_000L, 3_000_000L);
        assertThat(asked.get(2).span().start()).isEqualTo(resume);
        assertThat(found).containsExactly(LEFT, RIGHT);
        assertThat(errors).isEmpty();
    }

    @Test
    void theWholeListPassesNothingOver() {
        replies.add(rows(KeySpace.meta(RIGHT.span().end()), LEFT));
        replies.add(new KvReply.Refused(new KvError.DeadlineExceeded("LATCH", false)));
        MetaScan.whole(sender, 2_000_000, found::addAll, errors::add);
        assertThat(asked).extracting(KvOp.Scan::inconsistent).containsExactly(false, false);
        assertThat(found).isEmpty();
        assertThat(errors).containsExactly(new KvError.DeadlineExceeded("LATCH", false));
    }

    @Test
    void aMetaRangeThatIsDownIsNotAskedTwice() {
        replies.add(new KvReply.Refused(new KvError.Unavailable("NO_QUORUM", KeySpace.METAS.start(), "", false)));
        MetaScan.settled(sender, found::addAll, errors::add);
        assertThat(asked).hasSize(1);
        assertThat(errors).hasSize(1);
    }

    private static KvReply rows(@Nullable Key resume, RangeDescriptor... descriptors) {
        List<KvResult.Row> rows = new ArrayList<>();
        for (RangeDescriptor each : descriptors) {
            rows.add(new KvResult.Row(KeySpace.meta(each.span().end()), Value.wrap(RangeDescriptorCodec.encode(each))));
        }
        return new KvReply.Done(List.of(new KvResult.Scanned(rows, resume)), Timestamp.ofMicros(1), List.of());
    }

    private static RangeDescriptor range(long id, Key start, Key end) {
        return new RangeDescriptor(
                new RangeId(id), 1, new Span(start, end), List.of(new ReplicaInfo(new NodeId(1), 1)), 2);
    }
}
