package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.kv.KvSender;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.lifecycle.ReplicaGroup;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What nodes answer each other while a range's replicas are changed, without a control plane. */
public final class LabAdmin {
    /** A store, as {@link AdminCalls} asks it. */
    public interface House {
        void look(RangeId range, Consumer<Optional<ReplicaGroup.Look>> answer);

        boolean transferLease(RangeId range, NodeId to);
    }

    private LabAdmin() {}

    /** As {@link AdminCalls} answers {@link NodeGroups}. */
    public static void answer(House house, String kind, byte[] payload, Consumer<AdminReply> reply) {
        String[] words = new String(payload, StandardCharsets.UTF_8).split(" ");
        RangeId range = new RangeId(Long.parseLong(words[0]));
        if (kind.equals(AdminCalls.LOOK)) {
            house.look(
                    range,
                    look -> reply.accept(
                            look.isPresent()
                                    ? AdminReply.of(AdminCalls.encode(look.get().caughtUp()))
                                    : AdminReply.failed("not the leaseholder")));
        } else if (kind.equals(AdminCalls.TRANSFER)) {
            boolean asked = house.transferLease(range, new NodeId(Integer.parseInt(words[1])));
            reply.accept(asked ? AdminReply.of(new byte[0]) : AdminReply.failed("no such replica"));
        } else {
            throw new IllegalArgumentException("nobody asks for " + kind);
        }
    }

    /** All descriptors of the meta range, unless it cannot be read. */
    public static void ranges(KvSender sender, Consumer<List<RangeDescriptor>> found) {
        MetaScan.of(sender, found, error -> {});
    }
}
