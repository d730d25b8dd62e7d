package io.flotilla.node.transport.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.config.id.NodeId;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class HellosTest {
    private static final String SELF = address(1);
    private static final Predicate<NodeId> NOBODY = node -> false;
    private static final Predicate<NodeId> TWO = new NodeId(2)::equals;

    private final Hellos hellos = new Hellos(SELF, List.of(SELF, address(3)));

    private static String address(int node) {
        return "akka://flotilla@host:" + node;
    }

    private static Peer peer(int node, boolean live) {
        return new Peer(new NodeId(node), address(node), "host:9", "", 7, live);
    }

    private Hellos.Round round(Set<String> members, Peer peer, Predicate<NodeId> gone) {
        return hellos.next(members, List.of(peer), gone);
    }

    private Hellos.Round rounds(int count, Set<String> members, Peer peer, Predicate<NodeId> gone) {
        for (int i = 1; i < count; i++) {
            round(members, peer, gone);
        }
        return round(members, peer, gone);
    }

    @Test
    void seedsMembersAndPeersAreGreetedUntilTheyAreMembersThatHaveIntroducedThemselves() {
        assertThat(round(Set.of(address(4)), peer(2, true), NOBODY).to())
                .containsExactly(address(2), address(3), address(4));
        assertThat(round(Set.of(SELF, address(2)), peer(2, true), NOBODY).to()).containsExactly(address(3));
    }

    @Test
    void whoIsNoMemberYetAndAnswersNoMoreIsSilent() {
        assertThat(rounds(Hellos.SILENT_AFTER, Set.of(), peer(2, true), NOBODY).silent())
                .isEmpty();
        hellos.heard(address(2));
        assertThat(rounds(Hellos.SILENT_AFTER, Set.of(), peer(2, true), NOBODY).silent())
                .isEmpty();
        assertThat(round(Set.of(), peer(2, true), NOBODY).silent()).containsExactly(address(2));
    }

    @Test
    void whoHasLeftTheClusterAndStaysSilentIsGreetedForAWhileAndThenForgotten() {
        Hellos.Round last = rounds(Hellos.FORGOTTEN_AFTER, Set.of(), peer(2, false), TWO);
        assertThat(last.to()).contains(address(2));
        assertThat(last.forgotten()).isEmpty();

        Hellos.Round over = round(Set.of(), peer(2, false), TWO);

        assertThat(over.forgotten()).containsExactly(new NodeId(2));
        assertThat(over.to()).containsExactly(address(3));
    }

    @Test
    void whoComesBackInTimeIsExpectedAnew() {
        rounds(Hellos.FORGOTTEN_AFTER, Set.of(), peer(2, false), TWO);
        hellos.heard(address(2));
        assertThat(round(Set.of(), peer(2, false), TWO).forgotten()).isEmpty();
    }

    @Test
    void whoIsOnlyAwayOrStillAMemberIsNeverForgotten() {
        int rounds = 3 * Hellos.FORGOTTEN_AFTER;
        assertThat(rounds(rounds, Set.of(), peer(2, false), NOBODY).to()).contains(address(2));
        Hellos.Round member = rounds(rounds, Set.of(address(2)), peer(2, false), TWO);
        assertThat(member.to()).contains(address(2));
        assertThat(member.forgotten()).isEmpty();
    }
}
