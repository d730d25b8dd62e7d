package io.flotilla.node.admin;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.txn.coordinator.TxnCoordinator;
import io.flotilla.txn.coordinator.TxnCoordinator.CommitRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who the nodes of the cluster are: the truth is in the meta range, a copy in memory and on this node's disk, so that a restarted node finds its peers
 * before anybody tells it.
 *
 * <p>Threading: thread-safe; callbacks run on the sender's threads.
 */
public final class NodeRegistry {
    /** What registering came to. */
    public enum Registration {
        /** This node id is bound to this store. */
        OURS,
        /** This node id is bound to another store: this disk is not the one that made the node's promises. */
        TAKEN,
        /** This node id was taken out of the cluster for ever. */
        GONE,
        /** Nobody could tell; try again. */
        UNKNOWN
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long TIMEOUT_MICROS = 5_000_000;
    private static final byte LOCAL_PREFIX = 'n';

    private final Engine engine;
    private final KvSender sender;
    private final TxnCoordinator transactions;
    private final Consumer<NodeEntry> onAddress;
    private final ConcurrentMap<Integer, NodeEntry> known = new ConcurrentSkipListMap<>();

    /** @param onAddress told of every address that is new or changed, of nodes that are not gone */
    public NodeRegistry(Engine engine, KvSender sender, TxnCoordinator transactions, Consumer<NodeEntry> onAddress) {
        this.engine = engine;
        this.sender = sender;
        this.transactions = transactions;
        this.onAddress = onAddress;
    }

    /** All that ever were of the cluster, those that are gone too. */
    public List<NodeEntry> everKnown() {
        return new ArrayList<>(known.values());
    }

    /** Whether that id was taken out of the cluster, as far as is known here. */
    public boolean isGone(NodeId node) {
        NodeEntry entry = known.get(node.value());
        return entry != null && entry.gone();
    }

    /** Whether that node is being taken out of the cluster, or was, as far as is known here. */
    public boolean isLeaving(NodeId node) {
        NodeEntry entry = known.get(node.value());
        return entry != null && (entry.leaving() || entry.gone());
    }

    /** All that are of the cluster. */
    public List<NodeEntry> nodes() {
        List<NodeEntry> nodes = everKnown();
        nodes.removeIf(NodeEntry::gone);
        return nodes;
    }

    /** A node of that id, gone or not: from memory or, if it is unknown here, from the meta range, for it may have come a moment ago. */
    void find(NodeId node, Consumer<Optional<NodeEntry>> callback) {
        NodeEntry entry = known.get(node.value());
        if (entry != null) {
            callback.accept(Optional.of(entry));
        } else {
            refresh(read -> callback.accept(Optional.ofNullable(known.get(node.value()))));
        }
    }

    /** What this node's disk remembers. */
    public void loadLocal() {
        try (Engine.Cursor cursor =
                engine.cursor(Space.LOCAL, new byte[] {LOCAL_PREFIX}, new byte[] {LOCAL_PREFIX + 1})) {
            for (; cursor.isValid(); cursor.next()) {
                learn(decode(cursor.value()), false);
            }
        }
    }

    /** Takes in an address from any source; also to disk (durable with the next flush, which is soon enough). */
    public void learn(NodeEntry address) {
        learn(address, true);
    }

    /** What this node says of itself, which is where it is; whether it leaves the cluster others have said, perhaps to an earlier process of it. */
    public void learnSelf(NodeEntry self) {
        NodeEntry before = known.get(self.node());
        learn(before != null && before.store().equals(self.store()) ? before.at(self) : self);
    }

    private void learn(NodeEntry heard, boolean write) {
        NodeEntry before = known.get(heard.node());
        NodeEntry address =
                requireNonNull(known.merge(heard.node(), heard, (earlier, fresh) -> fresh.notBackFrom(earlier)));
        if (address.equals(before)) {
            return;
        }
        if (write) {
            try (Engine.Batch batch = engine.newBatch()) {
                byte[] key = ByteBuffer.allocate(5)
                        .put(LOCAL_PREFIX)
                        .putInt(address.node())
                        .array();
                batch.put(Space.LOCAL, key, encode(address).bytes());
                engine.write(batch);
            }
        }
        if (!address.gone()) {
            onAddress.accept(address);
        }
    }

    /**
     * Reads the whole registry from the meta range into memory. What is known here and is not there is written again: rows never go, so the meta range was
     * recovered from a replica that lagged behind.
     */
    public void refresh(Consumer<Boolean> done) {
        KvOp scan = KvOp.Scan.inconsistent(KeySpace.NODES, 10_000, 1_000_000);
        sender.send(new KvBatch(KvHeader.standalone(TIMEOUT_MICROS), List.of(scan)), reply -> {
            boolean read = reply instanceof KvReply.Done;
            if (reply instanceof KvReply.Done answered
                    && answered.results().get(0) instanceof KvResult.Scanned scanned) {
                Map<Integer, NodeEntry> found = new TreeMap<>();
                for (KvResult.Row row : scanned.rows()) {
                    NodeEntry entry = decode(row.value().bytes());
                    found.put(entry.node(), entry);
                    learn(entry);
                }
                known.values().forEach(entry -> restore(entry, found.get(entry.node())));
            }
            done.accept(read);
        });
    }

    private void restore(NodeEntry entry, @Nullable NodeEntry found) {
        if (found == null) {
            write(KeySpace.node(entry.node()), null, entry, ignored -> {});
        } else if (entry.leaving() && !found.leaving() || entry.gone() && !found.gone()) {
            mark(entry.node(), entry.gone(), ignored -> {});
        }
    }

    /** Binds this node's id to its store, unless it is bound already. */
    public void register(NodeEntry self, Consumer<Registration> done) {
        Key key = KeySpace.node(self.node());
        sender.send(new KvBatch(KvHeader.standalone(TIMEOUT_MICROS), List.of(new KvOp.Get(key))), reply -> {
            if (!(reply instanceof KvReply.Done answered)
                    || !(answered.results().get(0) instanceof KvResult.Got got)) {
                done.accept(Registration.UNKNOWN);
                return;
            }
            Value found = got.value();
            NodeEntry bound = found == null ? null : decode(found.bytes());
            if (bound != null && bound.gone()) {
                done.accept(Registration.GONE);
            } else if (bound != null && !bound.store().equals(self.store())) {
                done.accept(Registration.TAKEN);
            } else {
                NodeEntry wanted = bound == null ? self : bound.at(self);
                if (wanted.equals(bound)) {
                    done.accept(Registration.OURS);
                } else {
                    write(key, found, wanted, done);
                }
            }
        });
    }

    /** Why a node of that id must get no replica, by its row in the meta range. */
    public static Optional<ReplicaChangeResult.Refused> objection(NodeId node, @Nullable Value row) {
        return objection(node, Optional.ofNullable(row).map(value -> decode(value.bytes())));
    }

    static Optional<ReplicaChangeResult.Refused> objection(NodeId node, Optional<NodeEntry> found) {
        Optional<NodeEntry> entry = found.filter(one -> !one.gone());
        if (entry.isEmpty()) {
            return Optional.of(new ReplicaChangeResult.Refused("there is no node " + node.value(), true));
        }
        return entry.get().leaving()
                ? Optional.of(new ReplicaChangeResult.Refused(node + " is being decommissioned", false))
                : Optional.empty();
    }

    /** Notes that a node loses its replicas, or has lost them all. {@code done} takes whether it stands there. */
    void mark(int node, boolean gone, Consumer<Boolean> done) {
        Key key = KeySpace.node(node);
        sender.send(new KvBatch(KvHeader.standalone(TIMEOUT_MICROS), List.of(new KvOp.Get(key))), reply -> {
            if (reply instanceof KvReply.Done answered
                    && answered.results().get(0) instanceof KvResult.Got got
                    && got.value() != null) {
                NodeEntry found = decode(got.value().bytes());
                NodeEntry wanted = found.leaving(gone || found.gone());
                if (wanted.equals(found)) {
                    learn(found);
                    done.accept(true);
                } else {
                    write(key, got.value(), wanted, result -> {
                        boolean written = result == Registration.OURS;
                        if (written) {
                            learn(wanted);
                        }
                        done.accept(written);
                    });
                }
            } else {
                done.accept(false);
            }
        });
    }

    private void write(Key key, @Nullable Value found, NodeEntry self, Consumer<Registration> done) {
        CommitRequest request = new CommitRequest(
                TxnId.of(UUID.randomUUID()),
                key,
                Timestamp.ZERO,
                List.of(new KvOp.CompareAndSet(key, found, encode(self))),
                List.of(),
                0,
                Value.EMPTY,
                TIMEOUT_MICROS);
        // Whatever went wrong, reading again tells what is true now.
        transactions.commit(
                request,
                reply -> done.accept(
                        reply instanceof TxnCoordinator.Committed ? Registration.OURS : Registration.UNKNOWN));
    }

    /** Writes the first ranges' descriptors, unless they stand there already. */
    void writeDescriptors(List<RangeDescriptor> descriptors, Consumer<Boolean> done) {
        List<KvOp.DataWrite> writes = new ArrayList<>();
        for (RangeDescriptor descriptor : descriptors) {
            Value value = Value.wrap(RangeDescriptorCodec.encode(descriptor));
            writes.add(new KvOp.CompareAndSet(KeySpace.meta(descriptor.span().end()), null, value));
        }
        CommitRequest request = new CommitRequest(
                TxnId.of(UUID.randomUUID()),
                writes.get(0).key(),
                Timestamp.ZERO,
                writes,
                List.of(),
                0,
                Value.EMPTY,
                TIMEOUT_MICROS);
        transactions.commit(
                request,
                reply -> done.accept(reply instanceof TxnCoordinator.Committed
                        || (reply instanceof TxnCoordinator.CommitFailed failed
                                && failed.error() instanceof KvError.ConditionFailed)));
    }

    private static Value encode(NodeEntry address) {
        try {
            return Value.wrap(JSON.writeValueAsBytes(address));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static NodeEntry decode(byte[] bytes) {
        try {
            return JSON.readValue(bytes, NodeEntry.class);
        } catch (IOException broken) {
            throw new IllegalStateException(
                    "not a node registry entry: " + new String(bytes, StandardCharsets.UTF_8), broken);
        }
    }
}
