package io.flotilla.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.client.cli.local.Ports;
import io.flotilla.v1.Error;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What scripts rely on: exit codes, the four lines of an error, and the schema field of JSON. */
class ExitCodeContractTest {
    private FakeCluster cluster;

    /** The first connection loads a thousand classes, which no deadline below should have to bear. */
    @BeforeAll
    static void warmUp() throws IOException {
        try (FakeCluster first = new FakeCluster()) {
            CliRun.at(first.endpoint(), "30s", "kv", "scan");
        }
    }

    @BeforeEach
    void start() throws IOException {
        cluster = new FakeCluster();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no-such-command",
                "kv",
                "kv get",
                "kv cas k --value v",
                "kv cas k --expect a --absent --value v",
                "kv get k --timeout soon",
                "kv get k -o xml",
                "kv get k --endpoints localhost",
                "kv get k --endpoints 127.0.0.1:99999",
                "status --endpoints 127.0.0.1",
                "kv get k --timeout 2m",
                "load run kv --seconds 0",
                "load run bank --seconds -1",
                "range transfer-lease --to 1",
                "range split",
                "range add-replica 2",
                "range move-replica 2 --from 1",
                "node drain",
                "range recover",
                "txn frobnicate",
                "txn outcome not-an-id k",
                "load run",
                "load run kv --clients 0",
                "load run kv --read-percent 101",
                "load run append --keys 1",
                "load run append --ranges 33",
                "load run bank --accounts 0",
                "load run bank --ranges 100000",
                "kv scan --limit 2147483647",
                "txn scan#a#b#4294967295",
                "demo --ranges 0",
                "demo --nodes 1",
                "bench",
                "bench failover --kinds flood"
            })
    void aWrongCommandLineExitsWith2AndFourLines(String line) {
        CliRun run = CliRun.of(
                line.isEmpty()
                        ? new String[0]
                        : Stream.of(line.split(" "))
                                .map(word -> word.replace('#', ' '))
                                .toArray(String[]::new));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(4);
        assertThat(run.err()).contains("error:", "why:", "state:  nothing was sent", "try:    flotilla");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void aWordThatIsNoCommandIsToldWhichThereAre() {
        assertThat(CliRun.of("help").err())
                .contains("why:    there is no command 'help'; there are demo, start, init,");
        assertThat(CliRun.of("kv", "frob").err()).contains("why:    there is no command 'frob'; there are get, put,");
        assertThat(CliRun.of("kv", "get", "a", "b").err()).contains("why:    'b' is one argument too many");
    }

    @Test
    void aNodeThatIsNotInAClusterYetSaysWhatToDo() {
        cluster.refuse(Error.Code.UNAVAILABLE, false, "NOT_INITIALIZED: only 1 of 3 nodes are here");
        CliRun run = CliRun.at(cluster.endpoint(), "1s", "range", "split", "k");
        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err())
                .contains("why:    UNAVAILABLE: NOT_INITIALIZED: ", "try:    start all the nodes, each with");
    }

    /** They went on asking until their time was up, as if somebody were about to do what only the caller can. */
    @ParameterizedTest
    @ValueSource(strings = {"kv get k", "kv put k v", "kv scan", "txn get#k", "txn put#k#v"})
    void aClusterThatWasNeverInitializedIsNotWaitedFor(String line) {
        cluster.refuse(Error.Code.UNAVAILABLE, false, "NOT_INITIALIZED: run init once all nodes are up");
        long began = System.nanoTime();
        CliRun run = CliRun.at(
                cluster.endpoint(),
                "30s",
                Stream.of(line.split(" ")).map(word -> word.replace('#', ' ')).toArray(String[]::new));
        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("NOT_INITIALIZED: ", "then 'flotilla init'");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
    }

    @Test
    void helpOfEveryCommandExitsWith0() {
        for (String command : List.of(
                "--help",
                "demo --help",
                "init --help",
                "status --help",
                "node ls --help",
                "range ls --help",
                "range split --help",
                "range transfer-lease --help",
                "range add-replica --help",
                "range remove-replica --help",
                "range move-replica --help",
                "node drain --help",
                "range recover --help",
                "node decommission --help",
                "kv cas --help",
                "txn --help",
                "load run append --help",
                "load run bank --help",
                "load run kv --help",
                "bench floor --help",
                "bench failover --help",
                "bench handoff --help")) {
            CliRun run = CliRun.of(command.split(" "));
            assertThat(run.exitCode()).as(command).isZero();
            assertThat(run.out()).as(command).contains("Usage: flotilla");
        }
        assertThat(CliRun.of("--help").out()).contains("start", "sim", "demo", "txn");
    }

    @Test
    void nobodyThereExitsWith4InFourLines() throws IOException {
        String nowhere = "127.0.0.1:" + Ports.free(1, new Random(7)).get(0).grpc();
        for (String line : List.of("kv get k", "kv put k v", "status", "range ls", "init", "txn get#k")) {
            String[] words = line.split(" ");
            words[words.length - 1] = words[words.length - 1].replace('#', ' ');
            CliRun run = CliRun.at(nowhere, "500ms", words);
            assertThat(run.exitCode()).as(line + ": " + run.err()).isEqualTo(4);
            assertThat(run.err().lines()).as(line).hasSize(4);
        }
    }

    @Test
    void aValueThatBeginsWithAnAtSignNamesNoFile(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("words"), "--help");

        assertThat(CliRun.at(cluster, "kv", "put", "k", "@" + file).exitCode()).isZero();

        assertThat(CliRun.at(cluster, "kv", "get", "k").out().strip()).isEqualTo("@" + file);
    }

    @Test
    void noQuorumExitsWith4() {
        cluster.refuse(Error.Code.NO_QUORUM, false);

        CliRun run = CliRun.at(cluster.endpoint(), "1s", "kv", "get", "k");

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("NO_QUORUM", "node ls");
    }

    @Test
    void anUnknownKeyExitsWith3() {
        assertThat(CliRun.at(cluster, "kv", "get", "absent").exitCode()).isEqualTo(3);
    }

    @Test
    void aNodeWithoutTheReplicaExitsWith3() {
        assertThat(CliRun.at(cluster, "range", "transfer-lease", "2", "--to", "9")
                        .exitCode())
                .isEqualTo(3);
        assertThat(CliRun.at(cluster, "range", "transfer-lease", "--key", "a", "--to", "1")
                        .exitCode())
                .isZero();
    }

    @Test
    void aChangeOfReplicasIsAskedForUntilItIsThrough() {
        CliRun run = CliRun.at(cluster, "range", "add-replica", "2", "--node", "4", "--witness");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("range 2 has replicas on nodes 1+4(learner witness)");
        assertThat(CliRun.at(cluster, "range", "move-replica", "--key", "a", "--from", "1", "--to", "4")
                        .exitCode())
                .isZero();
    }

    @Test
    void aChangeOfReplicasThatCannotBeExitsWith1AndOneOfAnUnknownNodeWith3() {
        CliRun last = CliRun.at(cluster, "range", "remove-replica", "2", "--node", "1");
        assertThat(last.exitCode()).isEqualTo(1);
        assertThat(last.err()).contains("no replica would be left", "nothing was changed");
        assertThat(CliRun.at(cluster, "range", "add-replica", "2", "--node", "9")
                        .exitCode())
                .isEqualTo(3);
    }

    @Test
    void drainingExitsWith1IfLeasesAreLeft() {
        assertThat(CliRun.at(cluster, "node", "drain", "1").exitCode()).isZero();
        CliRun stuck = CliRun.at(cluster, "node", "drain", "2");
        assertThat(stuck.exitCode()).isEqualTo(1);
        assertThat(stuck.err()).contains("still leads 3 ranges", "2 leases handed over");
    }

    @Test
    void recoveringTellsWhatIsKeptAndWhatCannotBeBroughtBack() {
        CliRun dry = CliRun.at(cluster, "range", "recover", "--lost-nodes", "2,3", "--dry-run");
        assertThat(dry.exitCode()).as(dry.err()).isZero();
        assertThat(dry.out())
                .contains(
                        "KEPT UP TO",
                        "77",
                        "2023-11-14T22:13:20Z",
                        "1 ranges without a quorum would go on",
                        "4 have their");
        CliRun holes = CliRun.at(cluster, "range", "recover", "--lost-nodes", "2,3", "-o", "json");
        assertThat(holes.exitCode()).isEqualTo(1);
        assertThat(holes.out()).contains("\"schema\":\"flotilla.range.recover.v1\"", "\"start\":\"m\"");
        CliRun absent = CliRun.at(cluster, "range", "recover", "--lost-nodes", "9");
        assertThat(absent.exitCode()).isEqualTo(3);
        assertThat(absent.err()).contains("there is no node 9", "nothing was changed");
    }

    @Test
    void decommissioningTellsItsProgressAndRefusesWhatHasNowhereToGo() {
        CliRun run = CliRun.at(cluster, "node", "decommission", "2");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("2 replicas left on node 2", "4 replicas were moved");
        CliRun refused = CliRun.at(cluster, "node", "decommission", "1");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).contains("nowhere to go", "start another node first");
        assertThat(CliRun.at(cluster, "node", "decommission", "9").exitCode()).isEqualTo(3);
    }

    @Test
    void aWriteOfUnknownOutcomeExitsWith7AndSaysHowToAsk() {
        cluster.loseEverything();

        CliRun run = CliRun.at(cluster.endpoint(), "4s", "kv", "put", "k", "v");

        assertThat(run.exitCode()).as(run.err()).isEqualTo(7);
        assertThat(run.err()).contains("it may have taken effect", "try:    flotilla txn outcome ", " k");
    }

    @Test
    void aLostSplitExitsWith7() {
        cluster.refuse(Error.Code.DEADLINE, true);

        assertThat(CliRun.at(cluster, "range", "split", "m").exitCode()).isEqualTo(7);
    }

    @Test
    void aReadNeverLeavesAnUnknownOutcome() {
        cluster.loseEverything();

        CliRun run = CliRun.at(cluster.endpoint(), "4s", "kv", "get", "k");

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("state:  nothing was changed");
    }

    @Test
    void compareAndSetExitsWith1IfTheConditionFails() {
        assertThat(CliRun.at(cluster, "kv", "cas", "k", "--absent", "--value", "1")
                        .exitCode())
                .isZero();
        CliRun refused = CliRun.at(cluster, "kv", "cas", "k", "--absent", "--value", "2");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err().lines()).hasSize(4);
        assertThat(CliRun.at(cluster, "kv", "cas", "k", "--expect", "1", "--delete")
                        .exitCode())
                .isZero();
        assertThat(CliRun.at(cluster, "kv", "get", "k").exitCode()).isEqualTo(3);
    }

    @Test
    void whatIsPutIsFoundAndScannedAndDeleted() {
        assertThat(CliRun.at(cluster, "kv", "put", "b", "two words").out()).isEqualToIgnoringNewLines("OK");
        CliRun.at(cluster, "kv", "put", "a", "0x00ff");
        assertThat(CliRun.at(cluster, "kv", "get", "b").out()).isEqualToIgnoringNewLines("two words");
        assertThat(CliRun.at(cluster, "kv", "get", "a").out()).isEqualToIgnoringNewLines("0x00ff");
        assertThat(CliRun.at(cluster, "kv", "scan").out()).contains("KEY", "a", "0x00ff", "two words");
        assertThat(CliRun.at(cluster, "kv", "scan", "--limit", "1").out()).contains("more from b on");
        assertThat(CliRun.at(cluster, "kv", "delete", "b").exitCode()).isZero();
        assertThat(CliRun.at(cluster, "kv", "get", "b").exitCode()).isEqualTo(3);
    }

    @Test
    void aTransactionDoesAllOrNothing() {
        CliRun run = CliRun.at(cluster, "txn", "put a 1", "put b \"2 3\"", "get b");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("2 3", "committed");

        CliRun refused = CliRun.at(cluster, "txn", "put a 9", "expect b 7");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).contains("b holds 2 3", "nothing was changed");
        assertThat(CliRun.at(cluster, "kv", "get", "a").out()).isEqualToIgnoringNewLines("1");
    }

    @Test
    void aSecondInitIsRefusedUnlessItIsOnlyIfNeeded() {
        CliRun second = CliRun.at(cluster, "init");
        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.err()).contains("no second cluster", "c-1");
        assertThat(CliRun.at(cluster, "init", "--if-needed").exitCode()).isZero();
    }

    @Test
    void statusTellsServingFromNotInitializedFromNoQuorum() {
        assertThat(CliRun.at(cluster, "status").exitCode()).isZero();
        cluster.withoutQuorum();
        assertThat(CliRun.at(cluster, "status").exitCode()).isEqualTo(4);
        cluster.notInitialized();
        CliRun before = CliRun.at(cluster, "status");
        assertThat(before.exitCode()).isEqualTo(1);
        assertThat(before.out()).contains("flotilla init");
    }

    @Test
    void everyJsonResultIsOneDocumentWithASchema() throws IOException {
        CliRun.at(cluster, "kv", "put", "k", "v");
        for (String line : List.of(
                "status",
                "node ls",
                "range ls",
                "range split m",
                "range remove-replica 2 --node 3",
                "node drain 1",
                "node decommission 2",
                "kv get k",
                "kv scan",
                "kv put k v",
                "init --if-needed")) {
            CliRun run = CliRun.at(cluster, (line + " -o json").split(" "));
            assertThat(run.exitCode()).as(line + run.err()).isZero();
            JsonNode document = new ObjectMapper().readTree(run.out());
            assertThat(document.path("schema").asText()).as(line).matches("flotilla\\.[a-z.-]+\\.v1");
            assertThat(run.out().lines()).hasSize(1);
        }
    }

    @Test
    void anErrorIsJsonTooIfJsonWasAskedFor() throws IOException {
        CliRun run = CliRun.at(cluster, "kv", "get", "absent", "-o", "json");

        JsonNode document = new ObjectMapper().readTree(run.err());
        assertThat(document.path("schema").asText()).isEqualTo("flotilla.error.v1");
        assertThat(document.path("exit_code").asInt()).isEqualTo(3).isEqualTo(run.exitCode());
        assertThat(document.path("try").asText()).isNotEmpty();
    }
}
