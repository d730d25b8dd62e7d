package io.flotilla.node.transport.control;

import io.flotilla.config.id.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** What this node asked others and has not been answered. Single-threaded. */
final class PendingCalls {
    /** Collects the answers of several nodes; gives them out when all are there. */
    static final class Gathering {
        private final int expected;
        private final Consumer<List<BootstrapAck>> callback;
        private final List<BootstrapAck> acks = new ArrayList<>();

        Gathering(int expected, Consumer<List<BootstrapAck>> callback) {
            this.expected = expected;
            this.callback = callback;
            if (expected == 0) {
                callback.accept(List.of());
            }
        }

        private void add(BootstrapAck ack) {
            acks.add(ack);
            if (acks.size() == expected) {
                callback.accept(List.copyOf(acks));
            }
        }
    }

    private record Admin(NodeId node, Consumer<AdminReply> callback) {}

    private record Founding(NodeId node, Gathering gathering) {}

    private final Map<Long, Admin> admins = new HashMap<>();
    private final Map<Long, Founding> foundings = new HashMap<>();

    /** Begins anywhere, so that a late answer to an earlier process is not taken for an answer to this one. */
    private long lastCall = ThreadLocalRandom.current().nextLong() >>> 1;

    long admin(NodeId node, Consumer<AdminReply> callback) {
        admins.put(++lastCall, new Admin(node, callback));
        return lastCall;
    }

    long bootstrap(NodeId node, Gathering gathering) {
        foundings.put(++lastCall, new Founding(node, gathering));
        return lastCall;
    }

    void adminAnswered(long call, AdminReply reply) {
        Admin admin = admins.remove(call);
        if (admin != null) {
            admin.callback().accept(reply);
        }
    }

    void bootstrapAnswered(long call, BootstrapAck ack) {
        Founding founding = foundings.remove(call);
        if (founding != null) {
            founding.gathering().add(ack);
        }
    }

    void expired(long call) {
        Admin admin = admins.remove(call);
        if (admin != null) {
            admin.callback().accept(AdminReply.failed(admin.node() + " did not answer in time"));
        }
        Founding founding = foundings.remove(call);
        if (founding != null) {
            founding.gathering().add(new BootstrapAck(founding.node(), false, "", "did not answer in time"));
        }
    }
}
