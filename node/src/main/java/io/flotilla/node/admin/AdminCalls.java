package io.flotilla.node.admin;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.config.id.NodeId;
import io.flotilla.node.grpc.ClusterAdmin;
import io.flotilla.node.raft.RaftStatus;
import io.flotilla.node.replica.LeaseMargins;
import io.flotilla.node.replica.ReplicaReport;
import io.flotilla.node.replica.Serving;
import io.flotilla.node.replica.Store;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.routing.RangeId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What nodes ask each other on behalf of operators: how their replicas are, and to hand a lease over. Answered from the store. */
public final class AdminCalls {
    static final String REPLICAS = "replicas";
    static final String SERVING = "serving";
    static final String TRANSFER = "transfer-lease";

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * One replica, as its node sees it.
     *
     * @param quorum a leader that hears from a quorum, or a follower that knows a leader
     */
    record ReplicaLine(long range, long generation, boolean leaseholder, boolean quorum, long applied) {}

    private final Store store;

    public AdminCalls(Store store) {
        this.store = store;
    }

    /** Answers a call; the reply may come later, from another thread. */
    void answer(String kind, byte[] payload, Consumer<AdminReply> reply) {
        switch (kind) {
            case REPLICAS -> replicas(lines -> reply.accept(AdminReply.of(encode(lines))));
            case SERVING -> reply.accept(AdminReply.of(encode(serving())));
            case TRANSFER -> reply.accept(transfer(payload));
            default -> reply.accept(AdminReply.failed("unknown call '" + kind + "'"));
        }
    }

    /** How this store served since it started. */
    ClusterAdmin.Serving serving() {
        Serving.Report report = store.serving();
        List<ClusterAdmin.LeaseMargin> margins = new ArrayList<>();
        for (LeaseMargins.Bucket bucket : report.margins()) {
            long below = bucket.belowMillis() == Long.MAX_VALUE ? 0 : bucket.belowMillis();
            margins.add(new ClusterAdmin.LeaseMargin(below, bucket.count()));
        }
        return new ClusterAdmin.Serving(margins, report.tooLate(), report.writesRefused(), report.unappliedBytes());
    }

    static Optional<ClusterAdmin.Serving> decodeServing(byte[] payload) {
        try {
            return Optional.of(JSON.readValue(payload, ClusterAdmin.Serving.class));
        } catch (IOException broken) {
            return Optional.empty();
        }
    }

    /** How all replicas of this store are. A replica that stops meanwhile leaves its line out. */
    void replicas(Consumer<List<ReplicaLine>> done) {
        Gathering gathering = new Gathering(done);
        gathering.expect(store.inspect(gathering::add));
    }

    private AdminReply transfer(byte[] payload) {
        String[] words = new String(payload, StandardCharsets.UTF_8).split(" ");
        boolean asked =
                store.transferLease(new RangeId(Long.parseLong(words[0])), new NodeId(Integer.parseInt(words[1])));
        return asked ? AdminReply.of(new byte[0]) : AdminReply.failed("no such replica");
    }

    static byte[] transferPayload(RangeId range, NodeId to) {
        return (range.value() + " " + to.value()).getBytes(StandardCharsets.UTF_8);
    }

    static List<ReplicaLine> decode(byte[] payload) {
        try {
            return JSON.readValue(payload, new TypeReference<List<ReplicaLine>>() {});
        } catch (IOException broken) {
            return List.of();
        }
    }

    private static byte[] encode(Object lines) {
        try {
            return JSON.writeValueAsBytes(lines);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Waits for as many answers as were asked for. */
    private static final class Gathering {
        private final Consumer<List<ReplicaLine>> done;
        private final List<ReplicaLine> lines = new ArrayList<>();
        private int expected = Integer.MAX_VALUE;

        Gathering(Consumer<List<ReplicaLine>> done) {
            this.done = done;
        }

        void add(ReplicaReport report) {
            RaftStatus raft = report.raft();
            boolean quorum = raft.role() == RaftStatus.Role.LEADER ? raft.quorumActive() : raft.leader() != 0;
            ReplicaLine line = new ReplicaLine(
                    report.descriptor().id().value(),
                    report.descriptor().generation(),
                    report.leaseholder(),
                    quorum,
                    report.appliedIndex());
            synchronized (lines) {
                lines.add(line);
            }
            finishIfComplete();
        }

        void expect(int count) {
            synchronized (lines) {
                expected = count;
            }
            finishIfComplete();
        }

        private void finishIfComplete() {
            List<ReplicaLine> complete;
            synchronized (lines) {
                if (lines.size() < expected) {
                    return;
                }
                expected = Integer.MAX_VALUE;
                complete = List.copyOf(lines);
            }
            done.accept(complete);
        }
    }
}
