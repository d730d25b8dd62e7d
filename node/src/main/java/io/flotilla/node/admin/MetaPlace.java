package io.flotilla.node.admin;

import io.flotilla.config.key.KeySpace;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.routing.RangeCache;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Where the meta range is, as far as is known here: the newest of what this store's own replica says, of what requests came upon, and of what other nodes say.
 * The own replica alone is not to be believed: it may have been removed while this node was down, and all that it knows of with it.
 */
final class MetaPlace {
    /** Puts the question to every other node that is known, and passes on the answers. */
    @FunctionalInterface
    interface Asking {
        void ask(Consumer<AdminReply> answered);
    }

    private final Supplier<Optional<RangeDescriptor>> here;
    private final RangeCache ranges;

    /** @param here what this store's replica of the meta range says, if there is one */
    MetaPlace(Supplier<Optional<RangeDescriptor>> here, RangeCache ranges) {
        this.here = here;
        this.ranges = ranges;
    }

    Optional<RangeDescriptor> known() {
        here.get().ifPresent(ranges::insert);
        return ranges.lookup(KeySpace.METAS.start());
    }

    void find(Asking others) {
        known();
        others.ask(reply -> {
            if (reply.ok()) {
                ranges.insert(RangeDescriptorCodec.decode(reply.payload()));
            }
        });
    }
}
