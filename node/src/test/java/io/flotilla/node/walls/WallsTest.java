package io.flotilla.node.walls;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** Each rule says why it stands. */
@AnalyzeClasses(packages = "io.flotilla", importOptions = ImportOption.DoNotIncludeTests.class)
class WallsTest {
    private static final String[] PURE = {
        "io.flotilla.node.raft..",
        "io.flotilla.node.mvcc..",
        "io.flotilla.node.liveness",
        "io.flotilla.range.routing..",
        "io.flotilla.range.lifecycle..",
        "io.flotilla.range.placement..",
        "io.flotilla.range.recovery..",
        "io.flotilla.txn.coordinator..",
        "io.flotilla.txn.participant..",
        "io.flotilla.txn.record..",
        "io.flotilla.client.check..",
        "io.flotilla.client.load.check.."
    };

    @ArchTest
    static final ArchRule configKnowsNobody = noClasses()
            .that()
            .resideInAPackage("io.flotilla.config..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.flotilla.txn..", "io.flotilla.range..", "io.flotilla.node..", "io.flotilla.client..")
            .because("config is the vocabulary that everybody shares");

    @ArchTest
    static final ArchRule coordinatorKnowsNoRanges = noClasses()
            .that()
            .resideInAPackage("io.flotilla.txn..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.flotilla.range..", "io.flotilla.node..")
            .because("the coordinator knows keys, never where they live");

    @ArchTest
    static final ArchRule routerKnowsNoTransactions = noClasses()
            .that()
            .resideInAPackage("io.flotilla.range..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.flotilla.txn..", "io.flotilla.node..")
            .because("the router knows ranges, never what a transaction is");

    @ArchTest
    static final ArchRule consensusStandsAlone = noClasses()
            .that()
            .resideInAPackage("io.flotilla.node.raft..")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.flotilla..")
                    .and(com.tngtech.archunit.base.DescribedPredicate.not(
                            resideInAnyPackage("io.flotilla.node.raft..", "io.flotilla.config.."))))
            .because("consensus must be provable alone, in the simulator");

    @ArchTest
    static final ArchRule livenessKnowsNoRanges = noClasses()
            .that()
            .resideInAPackage("io.flotilla.node.liveness")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.flotilla..")
                    .and(com.tngtech.archunit.base.DescribedPredicate.not(resideInAnyPackage(
                            "io.flotilla.node.liveness", "io.flotilla.node.raft", "io.flotilla.config.."))))
            .because("stores promise each other support whatever ranges they share");

    @ArchTest
    static final ArchRule theShellOfLivenessKnowsNoOtherRoom = noClasses()
            .that()
            .resideInAPackage("io.flotilla.node.liveness.service")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.flotilla..", "akka..")
                    .and(com.tngtech.archunit.base.DescribedPredicate.not(resideInAnyPackage(
                            "io.flotilla.node.liveness..",
                            "io.flotilla.node.disk",
                            "io.flotilla.node.raft",
                            "io.flotilla.config.."))))
            .because("its heartbeats must not wait for replicas, the wire or an actor's turn");

    @ArchTest
    static final ArchRule pureRoomsHaveNoClockThreadDiskOrChance = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "akka..",
                    "net.openhft..",
                    "org.rocksdb..",
                    "io.grpc..",
                    "java.io..",
                    "java.net..",
                    "java.nio.file..",
                    "java.nio.channels..")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class)
            .because("a decision room is a function of its events; the simulator runs the same code");

    @ArchTest
    static final ArchRule onlyTheLogRoomKnowsChronicle = noClasses()
            .that()
            .resideOutsideOfPackage("io.flotilla.node.log..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("net.openhft..")
            .because("durability is decided in one room");

    @ArchTest
    static final ArchRule onlyTheStorageRoomKnowsRocksDb = noClasses()
            .that()
            .resideOutsideOfPackage("io.flotilla.node.storage..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.rocksdb..")
            .because("the engine is a port; tests and the simulator use another one");

    @ArchTest
    static final ArchRule grpcStaysAtTheEdges = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.flotilla.node.grpc..", "io.flotilla.client..", "io.flotilla.v1..", "io.flotilla.node")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.grpc..")
            .because("the public protocol is translated once, at the gateway");

    @ArchTest
    static final ArchRule nothingImportsTheWiring = noClasses()
            .that()
            .resideInAPackage("io.flotilla.node.*..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.flotilla.node")
            .because("NodeApp ties the rooms together and is tied to by none");

    @ArchTest
    static final ArchRule noRoomsInCircles = slices().matching("io.flotilla.node.(*)..")
            .should()
            .beFreeOfCycles()
            .because("a circle of rooms is one room");

    /** B81: when many nodes die at once, a word for each watched actor would flood what Akka keeps for a peer, which ends in quarantine. */
    @ArchTest
    static final ArchRule nobodyWatchesActorsOfOtherNodes = noClasses()
            .that()
            .resideInAPackage("io.flotilla..")
            .should()
            .callMethodWhere(target(nameMatching("watch(With)?")).and(target(owner(resideInAPackage("akka..")))))
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("akka.actor.typed.receptionist..")
            .because("whether a node is there is known from its store, once for all that it holds");

    @ArchTest
    static final ArchRule noJavaSerialization = noClasses()
            .that()
            .resideInAPackage("io.flotilla..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.io.ObjectInputStream")
            .because("nothing off the wire names a class to build");

    @Test
    void analyticsIsNotOnTheClassPath() {
        assertThat(getClass().getClassLoader().getResource("net/openhft/chronicle/analytics/Analytics.class"))
                .as("chronicle-analytics phones home and must stay excluded")
                .isNull();
    }

    @ArchTest
    static void somethingWasAnalyzed(JavaClasses analyzed) {
        assertThat(analyzed.size()).isGreaterThan(100);
    }
}
