package io.flotilla.node.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.settings.LivenessSettings;
import io.flotilla.config.time.HybridClock;
import io.flotilla.config.time.WallClock;
import io.flotilla.node.disk.RealDisk;
import io.flotilla.node.liveness.ClockMark;
import io.flotilla.node.liveness.LivenessConfig;
import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.liveness.service.LivenessFile;
import io.flotilla.node.liveness.service.LivenessListener;
import io.flotilla.node.liveness.service.LivenessService;
import io.flotilla.node.liveness.service.MachineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three stores with real threads, files and sockets: support is granted, lost when one direction is cut or a disk stands still, and regained. */
class LivenessOverTheWireTest {
    /** Support that outlasts a machine that stands still for a moment: what is withdrawn here is withdrawn for the reason that is tested. */
    private static final LivenessSettings SETTINGS = new LivenessSettings(200, 4_000, 500);

    @TempDir
    Path directory;

    private final Cluster cluster = new Cluster(3);
    private final TreeMap<Integer, Store> stores = new TreeMap<>();

    private final class Store implements LivenessListener, LivenessService.Ports {
        final int id;
        final Set<NodeId> deafTo = ConcurrentHashMap.newKeySet();
        final Queue<String> heard = new ConcurrentLinkedQueue<>();
        final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
        final Map<NodeId, Long> asked = new ConcurrentHashMap<>();
        volatile long stalledSinceNanos;
        final LivenessService service;

        Store(int id) throws IOException {
            this.id = id;
            Path own = directory.resolve("n" + id);
            Files.createDirectories(own);
            HybridClock clock = new HybridClock(WallClock.system(), Cluster.OFFSET_MICROS_MAX);
            LivenessFile file = LivenessFile.open(new RealDisk(), own, !Files.exists(own.resolve("liveness")));
            service = new LivenessService(
                    new LivenessConfig(
                            id, SETTINGS, 800, Cluster.OFFSET_MICROS_MAX, MachineRun.boot(), ClockMark.STEP_MICROS),
                    file,
                    clock,
                    this);
            cluster.node(id).liveness = (from, message) -> {
                if (!deafTo.contains(from)) {
                    service.received(from, message);
                }
            };
            service.start(this);
        }

        @Override
        public void send(NodeId to, LivenessMessage message) {
            asked.merge(to, 1L, Long::sum);
            cluster.node(id).transport.sendLiveness(to, message);
        }

        @Override
        public Collection<NodeId> nodes() {
            return cluster.node(id).transport.nodes();
        }

        @Override
        public long oldestPendingNanos() {
            long since = stalledSinceNanos;
            return since == 0 ? 0 : System.nanoTime() - since;
        }

        @Override
        public void diskFailed(Exception cause) {
            failures.add(cause);
        }

        @Override
        public void broken(RuntimeException cause) {
            failures.add(cause);
        }

        @Override
        public void withdrawn(NodeId node, long epoch) {
            heard.add("withdrawn " + node + " " + epoch);
        }

        @Override
        public void supported(NodeId node, long epoch) {
            heard.add("supported " + node + " " + epoch);
        }

        boolean supports(int node) {
            return service.view().givenTo(node) != 0;
        }

        long supportedBy(int node) {
            return service.view().receivedEpoch(node, LivenessService.nowMicros());
        }
    }

    @BeforeEach
    void start() throws IOException {
        for (int id = 1; id <= 3; id++) {
            stores.put(id, new Store(id));
        }
        Cluster.await("all stores support each other", this::allSupportEachOther);
    }

    @AfterEach
    void stop() {
        stores.values().forEach(store -> {
            store.service.close();
            assertThat(store.failures).isEmpty();
        });
        cluster.close();
    }

    private Store store(int id) {
        Store store = stores.get(id);
        assertThat(store).isNotNull();
        return java.util.Objects.requireNonNull(store);
    }

    private boolean allSupportEachOther() {
        for (Store one : stores.values()) {
            for (int other : stores.keySet()) {
                if (one.id != other && (!one.supports(other) || one.supportedBy(other) == 0)) {
                    return false;
                }
            }
        }
        return true;
    }

    @Test
    void supportIsLostInBothDirectionsWhenOneIsCutAndRegainedAfterwards() {
        long before = System.nanoTime();
        store(2).deafTo.add(new NodeId(1));
        Cluster.await("both have withdrawn", () -> !store(1).supports(2) && !store(2).supports(1));
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before)).isGreaterThanOrEqualTo(500L);
        assertThat(store(1).supportedBy(2)).isZero();
        assertThat(store(2).supportedBy(1)).isZero();
        assertThat(store(3).supports(1) && store(3).supports(2) && store(1).supports(3) && store(2).supports(3))
                .isTrue();

        store(2).deafTo.clear();
        Cluster.await("all support each other again", this::allSupportEachOther);
        assertThat(store(1).supportedBy(2)).isGreaterThan(1);
        // The view shows it before anybody is told.
        Cluster.await(
                "the news",
                () -> store(1).heard.containsAll(List.of("withdrawn n2 1", "supported n2 1", "supported n2 2")));
    }

    @Test
    void aStoreWhoseDiskStandsStillIsGivenUpBeforeItsSupportRunsOut() {
        store(1).stalledSinceNanos = System.nanoTime();
        Cluster.await("the others have withdrawn", () -> !store(2).supports(1) && !store(3).supports(1));
        assertThat(store(1).supportedBy(2)).isZero();
        assertThat(store(1).supports(2)).as("it keeps its own promises").isTrue();
        store(1).stalledSinceNanos = 0;
        Cluster.await("all support each other again", this::allSupportEachOther);
        assertThat(store(1).supportedBy(2)).isEqualTo(2);
    }

    @Test
    void aStoreThatHasLeftIsAskedForSupportAsLongAsItSpeaksAndNotAnyMore() {
        NodeId three = new NodeId(3);
        cluster.node(1).transport.dropOnceSilent(three::equals);
        Cluster.await("the others, once more", () -> store(1).asked.getOrDefault(three, 0L) > 10);
        assertThat(cluster.node(1).transport.nodes()).contains(three);

        store(3).service.close();
        cluster.stop(3);
        Cluster.await("it is dropped", () -> !cluster.node(1).transport.nodes().contains(three));
        long asked = store(1).asked.getOrDefault(new NodeId(2), 0L);
        Cluster.await(
                "the one that is left is asked", () -> store(1).asked.getOrDefault(new NodeId(2), 0L) > asked + 2);
        long askedThree = store(1).asked.getOrDefault(three, 0L);
        Cluster.await("and once more", () -> store(1).asked.getOrDefault(new NodeId(2), 0L) > asked + 12);
        assertThat(store(1).asked).containsEntry(three, askedThree);
        assertThat(cluster.node(2).transport.nodes())
                .as("who does not know that it has left")
                .contains(three);
    }

    /** What it has promised whom it reads from its file, and it asked all of those for support, for ever. */
    @Test
    void aStoreThatStartsAgainDoesNotAskWhoHasLeftMeanwhile() throws IOException {
        NodeId three = new NodeId(3);
        cluster.node(1).transport.dropOnceSilent(three::equals);
        store(1).service.close();
        store(3).service.close();
        cluster.stop(3);
        Cluster.await("it is dropped", () -> !cluster.node(1).transport.nodes().contains(three));

        stores.put(1, new Store(1));
        Cluster.await("the other is asked", () -> store(1).asked.getOrDefault(new NodeId(2), 0L) > 12);
        Cluster.await("and supports it", () -> store(1).supportedBy(2) != 0 && store(1).supports(2));
        assertThat(store(1).asked).doesNotContainKey(three);
    }

    @Test
    void aStoreThatResignsIsGivenUpAtOnceAndComesBackAtAnotherEpoch() throws IOException {
        long before = System.nanoTime();
        store(1).service.resign();
        assertThat(store(1).supportedBy(2)).isZero();
        Cluster.await("the others have withdrawn", () -> !store(2).supports(1) && !store(3).supports(1));
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before))
                .as("sooner than support runs out")
                .isLessThan(SETTINGS.supportMillis() - SETTINGS.heartbeatMillis());
        store(1).service.close();
        stores.put(1, new Store(1));
        assertThat(store(1).supports(2))
                .as("what was promised before the restart stands")
                .isTrue();
        Cluster.await("all support each other again", this::allSupportEachOther);
        assertThat(store(1).supportedBy(2)).isEqualTo(2);
        assertThat(store(2).heard).contains("withdrawn n1 1").doesNotContain("withdrawn n3 1");
    }
}
