package io.flotilla.node.transport.control;

import static org.assertj.core.api.Assertions.assertThat;

import akka.cluster.Cluster;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import io.flotilla.config.id.NodeId;
import io.flotilla.node.transport.NodeAddress;
import io.flotilla.node.transport.NodeSystem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControlPlaneTest {
    private final List<Node> nodes = new ArrayList<>();

    @AfterEach
    void stop() {
        nodes.forEach(Node::close);
    }

    private final class Node implements ControlHandler {
        final NodeSystem system;
        final ControlPlane plane;
        final Queue<Peer> peers = new ConcurrentLinkedQueue<>();
        final Queue<String> refusals = new ConcurrentLinkedQueue<>();
        final Queue<Bootstrap> bootstraps = new ConcurrentLinkedQueue<>();

        Node(int id, NodeAddress address, List<NodeAddress> seeds, String clusterId) {
            system = NodeSystem.start(new NodeId(id), address, address, seeds);
            plane = ControlPlane.start(system, "127.0.0.1:" + (9_000 + id), clusterId, this);
            nodes.add(this);
        }

        List<Integer> live() {
            return plane.peers().stream()
                    .filter(Peer::live)
                    .map(peer -> peer.nodeId().value())
                    .toList();
        }

        @Override
        public void onPeer(Peer peer) {
            peers.add(peer);
        }

        @Override
        public void onBootstrap(Bootstrap bootstrap, Consumer<BootstrapAck> reply) {
            bootstraps.add(bootstrap);
            reply.accept(new BootstrapAck(system.nodeId(), true, "", ""));
        }

        @Override
        public void onAdminCall(NodeId from, String kind, byte[] payload, Consumer<AdminReply> reply) {
            if (kind.equals("silence")) {
                return;
            }
            String text = kind + " of " + from + ": " + new String(payload, StandardCharsets.UTF_8);
            new Thread(() -> reply.accept(AdminReply.of(text.getBytes(StandardCharsets.UTF_8)))).start();
        }

        @Override
        public void onRefused(String reason) {
            refusals.add(reason);
        }

        void close() {
            system.close();
            try {
                system.whenTerminated().toCompletableFuture().get(60, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static NodeAddress free() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new NodeAddress("127.0.0.1", socket.getLocalPort());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("in vain awaited: " + what);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(10);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void threeNodesIntroduceThemselvesBootstrapAndAnswerCalls() {
        NodeAddress first = free();
        Node one = new Node(1, first, List.of(), "");
        Node two = new Node(2, free(), List.of(first), "");
        Node three = new Node(3, free(), List.of(first), "");
        await(
                "all know all",
                () -> one.live().equals(List.of(2, 3))
                        && two.live().equals(List.of(1, 3))
                        && three.live().equals(List.of(1, 2)));

        Queue<List<BootstrapAck>> acks = new ConcurrentLinkedQueue<>();
        one.plane.broadcastBootstrap("c-1", new byte[] {1, 2, 3}, Duration.ofSeconds(30), acks::add);
        await("acknowledgements", () -> !acks.isEmpty());
        Queue<AdminReply> replies = new ConcurrentLinkedQueue<>();
        three.plane.call(
                new NodeId(2), "greet", "hi".getBytes(StandardCharsets.UTF_8), Duration.ofSeconds(30), replies::add);
        await("the reply", () -> !replies.isEmpty());
        AdminReply reply = replies.remove();

        assertThat(acks.remove())
                .containsExactlyInAnyOrder(
                        new BootstrapAck(new NodeId(2), true, "", ""), new BootstrapAck(new NodeId(3), true, "", ""));
        assertThat(two.bootstraps).first().satisfies(it -> assertThat(it.plan()).containsExactly(1, 2, 3));
        assertThat(new String(reply.payload(), StandardCharsets.UTF_8)).isEqualTo("greet of n3: hi");
        assertThat(one.plane.peers().get(0).grpcAddress()).isEqualTo("127.0.0.1:9002");

        one.plane.clusterId("c-1");
        await("the cluster's id", () -> two.plane.peers().get(0).clusterId().equals("c-1"));
    }

    @Test
    void aCallThatIsNotAnsweredFailsInTimeAndSoDoesOneToAStranger() {
        NodeAddress first = free();
        Node one = new Node(1, first, List.of(first), "");
        Node two = new Node(2, free(), List.of(first), "");
        await(
                "an introduction",
                () -> one.live().equals(List.of(2)) && two.live().equals(List.of(1)));
        Queue<AdminReply> replies = new ConcurrentLinkedQueue<>();

        one.plane.call(new NodeId(2), "silence", new byte[0], Duration.ofMillis(200), replies::add);
        one.plane.call(new NodeId(9), "greet", new byte[0], Duration.ofMillis(200), replies::add);
        await("both replies", () -> replies.size() == 2);

        assertThat(replies)
                .extracting(AdminReply::error)
                .containsExactlyInAnyOrder("n2 did not answer in time", "n9 has not introduced itself");
    }

    @Test
    void aSecondBearerOfANodeIdAndANodeOfAnotherClusterAreRefused() {
        NodeAddress first = free();
        Node one = new Node(1, first, List.of(), "c-1");
        Node two = new Node(2, free(), List.of(first), "c-1");
        await(
                "an introduction",
                () -> one.live().equals(List.of(2)) && two.live().equals(List.of(1)));

        Node impostor = new Node(2, free(), List.of(first), "c-1");
        await("a refusal", () -> !one.refusals.isEmpty());
        Node stranger = new Node(4, free(), List.of(first), "c-2");
        await("refusals on both sides", () -> !stranger.refusals.isEmpty() && one.refusals.size() == 2);

        assertThat(one.live()).containsExactly(2);
        assertThat(one.plane.peers().get(0).akkaAddress()).isEqualTo(two.system.address());
        assertThat(one.refusals).anyMatch(it -> it.contains(impostor.system.address()) && it.contains("n2"));
        assertThat(one.refusals).anyMatch(it -> it.contains("c-2") && it.contains("c-1"));
    }

    @Test
    void aNodeThatDiesIsNotLiveAndIsAgainAfterItsRestart() {
        NodeAddress first = free();
        NodeAddress second = free();
        Node one = new Node(1, first, List.of(), "c-1");
        Node two = new Node(2, second, List.of(first), "c-1");
        await("an introduction", () -> one.live().equals(List.of(2)));
        long incarnation = one.plane.peers().get(0).incarnation();

        nodes.remove(two);
        two.close();
        await("its silence", () -> one.live().isEmpty());
        Node again = new Node(2, second, List.of(first), "c-1");
        await("its return", () -> one.live().equals(List.of(2)) && again.live().equals(List.of(1)));

        assertThat(one.plane.peers().get(0).incarnation()).isNotEqualTo(incarnation);
    }

    /** Akka's failure detector looks after members alone. */
    @Test
    void oneThatIntroducesItselfAndIsNeverHeardAgainIsNotLiveAlthoughItNeverBecameAMember() {
        NodeAddress first = free();
        NodeAddress second = free();
        Node one = new Node(1, first, List.of(), "c-1");
        try (NodeSystem brief = NodeSystem.start(new NodeId(2), second, second, List.of())) {
            ControlMessage.Hello hello =
                    new ControlMessage.Hello(2, brief.address(), "127.0.0.1:9002", "c-1", 7, false);
            await("an introduction", () -> {
                brief.resolve(one.system.address(), ClusterActor.NAME).tell(hello, akka.actor.ActorRef.noSender());
                return one.live().equals(List.of(2));
            });
        }
        await("its silence", () -> one.live().isEmpty());
    }

    /** A machine whose disk is lost comes back with a new id at its old address; then the old id is taken out of the cluster. */
    @Test
    void whoeverTakesALostNodesAddressIsNotTakenOutOfTheMembershipWithIt() throws InterruptedException {
        NodeAddress first = free();
        NodeAddress second = free();
        Node one = new Node(1, first, List.of(), "c-1");
        Node two = new Node(2, second, List.of(first), "c-1");
        await("an introduction", () -> one.live().equals(List.of(2)) && isUp(one, 2) && isUp(two, 2));

        nodes.remove(two);
        two.close();
        await("its silence", () -> one.live().isEmpty());
        Node seven = new Node(7, second, List.of(first), "c-1");
        await("its successor", () -> one.live().equals(List.of(7)) && isUp(seven, 2));
        one.plane.remove(new NodeId(2));

        TimeUnit.SECONDS.sleep(3);
        assertThat(isUp(seven, 2)).isTrue();
        assertThat(seven.system.whenTerminated().toCompletableFuture()).isNotDone();
        assertThat(one.live()).containsExactly(7);
    }

    private static boolean isUp(Node node, int members) {
        Cluster cluster = Cluster.get(node.system.classic());
        int up = 0;
        for (Member member : cluster.state().getMembers()) {
            up += member.status().equals(MemberStatus.up()) ? 1 : 0;
        }
        return up == members && cluster.selfMember().status().equals(MemberStatus.up());
    }
}
