package io.flotilla.node.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.settings.Limits;
import io.flotilla.range.lifecycle.ReplicaChange;
import io.flotilla.range.lifecycle.ReplicaChangeResult;
import io.flotilla.range.lifecycle.SplitResult;
import io.flotilla.v1.ChangeReplicasRequest;
import io.flotilla.v1.ChangeReplicasResponse;
import io.flotilla.v1.DecommissionNodeRequest;
import io.flotilla.v1.DecommissionNodeResponse;
import io.flotilla.v1.DrainNodeRequest;
import io.flotilla.v1.DrainNodeResponse;
import io.flotilla.v1.Error;
import io.flotilla.v1.InitRequest;
import io.flotilla.v1.ListNodesRequest;
import io.flotilla.v1.ListRangesRequest;
import io.flotilla.v1.NodeInfo;
import io.flotilla.v1.NodeState;
import io.flotilla.v1.RangeInfo;
import io.flotilla.v1.RecoverRangesRequest;
import io.flotilla.v1.RecoverRangesResponse;
import io.flotilla.v1.ReplicaInfo;
import io.flotilla.v1.SplitRangeRequest;
import io.flotilla.v1.SplitRangeResponse;
import io.flotilla.v1.StatusRequest;
import io.flotilla.v1.TransferLeaseRequest;
import io.flotilla.v1.TransferLeaseResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdminServiceTest {
    @SuppressWarnings("NullAway.Init") // set by JUnit before all tests
    private static GrpcFixture f;

    @BeforeAll
    static void start() throws Exception {
        f = new GrpcFixture();
    }

    @AfterAll
    static void stop() {
        f.close();
    }

    @BeforeEach
    void clear() {
        f.admin.splits.clear();
        f.admin.transfers.clear();
        f.admin.changes.clear();
        f.admin.splitResult = new SplitResult.Split(ScriptedAdmin.LEFT, ScriptedAdmin.RIGHT);
    }

    @Test
    void initAnswersTheClusterOrTheReasonWhyNot() {
        assertThat(f.operator().init(InitRequest.getDefaultInstance()).getNodesList())
                .containsExactly(1, 2);
        Error error = f.operator()
                .init(InitRequest.newBuilder().setNodesExpected(3).build())
                .getError();
        assertThat(error.getCode()).isEqualTo(Error.Code.INVALID);
    }

    @Test
    void statusAndNodesAreToldAsTheyAre() {
        assertThat(f.operator().status(StatusRequest.getDefaultInstance()).getUptimeMs())
                .isEqualTo(1234);
        NodeInfo node =
                f.operator().listNodes(ListNodesRequest.getDefaultInstance()).getNodes(0);
        assertThat(node.getGrpcAddress()).isEqualTo("h:2");
        assertThat(node.getState()).isEqualTo(NodeState.DRAINING);
        assertThat(node.getReplicasAsleep()).isEqualTo(1);
        assertThat(node.getServing().getReplicasWoken()).isEqualTo(4);
    }

    @Test
    void rangesAreListedBySpanAndTheSystemsOwnOnDemand() {
        assertThat(ids(ListRangesRequest.getDefaultInstance())).containsExactly(2L, 3L);
        assertThat(ids(ListRangesRequest.newBuilder().setSystem(true).build())).containsExactly(1L, 2L, 3L);
        assertThat(ids(ListRangesRequest.newBuilder().setStart(bytes("m")).build()))
                .containsExactly(3L);
        assertThat(ids(ListRangesRequest.newBuilder().setEnd(bytes("m")).build()))
                .containsExactly(2L);
    }

    @Test
    void usersBordersAreTheirOwnKeysAndEmptyAtTheEnds() {
        List<RangeInfo> ranges =
                f.operator().listRanges(ListRangesRequest.getDefaultInstance()).getRangesList();
        assertThat(ranges.get(0).getStart()).isEmpty();
        assertThat(ranges.get(0).getEnd()).isEqualTo("m");
        assertThat(ranges.get(1).getStartKey()).isEqualTo(bytes("m"));
        assertThat(ranges.get(1).getEnd()).isEmpty();
        assertThat(ranges.get(1).getState()).isEqualTo(RangeInfo.State.NO_QUORUM);
        assertThat(ranges.get(1).getLeaseholder()).isZero();
        assertThat(ranges.get(1).getReplicaInfosList())
                .filteredOn(io.flotilla.v1.ReplicaInfo::getAsleep)
                .hasSize(1);
    }

    @Test
    void aSplitIsMadeAtAUsersKey() {
        SplitRangeResponse response = split("m");
        assertThat(response.getRightRange()).isEqualTo(3);
        assertThat(response.getAlreadySplit()).isFalse();
        assertThat(f.admin.splits).containsExactly(KeySpace.user(Key.of("m")));
        f.admin.splitResult = new SplitResult.AlreadySplit(ScriptedAdmin.LEFT, ScriptedAdmin.RIGHT);
        assertThat(split("m").getAlreadySplit()).isTrue();
        f.admin.splitResult = new SplitResult.Failed(new KvError.DeadlineExceeded("COMMIT", true));
        assertThat(split("m").getError().getMaybeExecuted()).isTrue();
        assertThat(split("").getError().getCode()).isEqualTo(Error.Code.INVALID);
    }

    @Test
    void aLeaseIsTransferredByRangeOrByKey() {
        assertThat(transfer(3, "", 2).getToNode()).isEqualTo(2);
        assertThat(transfer(0, "z", 1).getRange()).isEqualTo(3);
        assertThat(f.admin.transfers).containsExactly("r3->n2", "r3->n1");
    }

    /** The client waits for its own time and no longer. */
    @Test
    void whatFindingTheRangeTakesIsOfTheTimeForTheChangeAndNobodyIsAskedHowItsReplicasAre() {
        int looks = f.admin.looks;
        f.admin.findingMillis = 60;
        try {
            ChangeReplicasRequest.Builder remove = ChangeReplicasRequest.newBuilder()
                    .setRange(3)
                    .setRemove(ChangeReplicasRequest.Remove.newBuilder().setNode(2));
            change(remove.setTimeoutMs(5_000));
            assertThat(f.admin.givenMicros).isBetween(1L, 4_940_000L);
            change(remove.setTimeoutMs(50));
            assertThat(f.admin.givenMicros).isEqualTo(1);
            transfer(3, "", 2);
            assertThat(f.admin.givenMicros).isLessThanOrEqualTo(Limits.DEADLINE_MILLIS_DEFAULT * 1_000L - 60_000);
        } finally {
            f.admin.findingMillis = 0;
        }
        assertThat(f.admin.looks).isEqualTo(looks);
    }

    @Test
    void aLeaseCannotGoWhereThereIsNoReplicaOrNoRange() {
        assertThat(transfer(2, "", 9).getError().getCode()).isEqualTo(Error.Code.INVALID);
        assertThat(transfer(77, "", 1).getError().getCode()).isEqualTo(Error.Code.NOT_FOUND);
        assertThat(transfer(0, "", 1).getError().getCode()).isEqualTo(Error.Code.INVALID);
        assertThat(f.admin.transfers).isEmpty();
    }

    @Test
    void replicasAreChangedByRangeOrByKey() {
        ChangeReplicasResponse done = change(ChangeReplicasRequest.newBuilder()
                .setRange(3)
                .setMove(ChangeReplicasRequest.Move.newBuilder().setFromNode(1).setToNode(4)));
        assertThat(done.getDone()).isTrue();
        assertThat(done.getChanged()).isTrue();
        assertThat(done.getReplicasList()).extracting(ReplicaInfo::getNode).containsExactly(1, 2);
        change(ChangeReplicasRequest.newBuilder()
                .setKey(bytes("a"))
                .setAdd(ChangeReplicasRequest.Add.newBuilder().setNode(4).setWitness(true)));
        assertThat(f.admin.changes)
                .containsExactly(
                        "r3 " + new ReplicaChange.Move(new NodeId(1), new NodeId(4)),
                        "r2 " + new ReplicaChange.Add(new NodeId(4), true));
    }

    @Test
    void aChangeThatIsNotThroughIsNoErrorAndARefusalIs() {
        ChangeReplicasRequest.Builder remove = ChangeReplicasRequest.newBuilder()
                .setRange(3)
                .setRemove(ChangeReplicasRequest.Remove.newBuilder().setNode(2));
        f.admin.changeResult = new ReplicaChangeResult.Unfinished(ScriptedAdmin.RIGHT, "a copy");
        ChangeReplicasResponse unfinished = change(remove);
        assertThat(unfinished.hasError()).isFalse();
        assertThat(unfinished.getDone()).isFalse();
        assertThat(unfinished.getWaitsFor()).isEqualTo("a copy");
        f.admin.changeResult = new ReplicaChangeResult.Refused("the last one", false);
        assertThat(change(remove).getError().getCode()).isEqualTo(Error.Code.INVALID);
        f.admin.changeResult = new ReplicaChangeResult.Refused("no such node", true);
        assertThat(change(remove).getError().getCode()).isEqualTo(Error.Code.NOT_FOUND);
        f.admin.changeResult = new ReplicaChangeResult.Failed(new KvError.DeadlineExceeded("ROUTE", false));
        assertThat(change(remove).getError().getMessage())
                .isEqualTo("looking the range up in the meta range: deadline exceeded in phase ROUTE");
        assertThat(change(ChangeReplicasRequest.newBuilder().setRange(77).setRemove(remove.getRemove()))
                        .getError()
                        .getCode())
                .isEqualTo(Error.Code.NOT_FOUND);
        assertThat(change(ChangeReplicasRequest.newBuilder().setRange(3))
                        .getError()
                        .getCode())
                .isEqualTo(Error.Code.INVALID);
    }

    @Test
    void nodesAreDrainedAndDecommissionedIfThereAreSuch() {
        DrainNodeResponse drained =
                f.operator().drainNode(DrainNodeRequest.newBuilder().setNode(2).build());
        assertThat(drained.getLeasesMoved()).isEqualTo(3);
        assertThat(drained.getLeasesLeft()).isEqualTo(1);
        DecommissionNodeResponse emptied = f.operator()
                .decommissionNode(
                        DecommissionNodeRequest.newBuilder().setNode(2).build());
        assertThat(emptied.getReplicasLeft()).isEqualTo(5);
        assertThat(emptied.getWaitsFor()).isEqualTo("r3: a copy");
        DecommissionNodeResponse absent = f.operator()
                .decommissionNode(
                        DecommissionNodeRequest.newBuilder().setNode(9).build());
        assertThat(absent.getError().getCode()).isEqualTo(Error.Code.NOT_FOUND);
        DrainNodeResponse nobody = f.operator().drainNode(DrainNodeRequest.getDefaultInstance());
        assertThat(nobody.getError().getCode()).isEqualTo(Error.Code.INVALID);
    }

    @Test
    void whatIsLostAndWhatIsKeptIsTold() {
        RecoverRangesResponse dry = f.operator()
                .recoverRanges(RecoverRangesRequest.newBuilder()
                        .addLostNodes(2)
                        .addLostNodes(3)
                        .setDryRun(true)
                        .build());
        assertThat(dry.getDone()).isTrue();
        assertThat(dry.getRangesList()).hasSize(1);
        assertThat(dry.getRanges(0).getSourceNode()).isEqualTo(1);
        assertThat(dry.getRanges(0).getLastIndex()).isEqualTo(77);
        assertThat(dry.getRanges(0).getNewestWriteUs()).isEqualTo(1_700_000_000_000_000L);
        assertThat(dry.getUnrecoverable(0).getStart()).isEqualTo("/min");
        assertThat(dry.getProblemsList()).containsExactly("a problem");
        assertThat(f.operator()
                        .recoverRanges(RecoverRangesRequest.newBuilder()
                                .addLostNodes(-2)
                                .build())
                        .getError()
                        .getCode())
                .isEqualTo(Error.Code.INVALID);
        assertThat(f.operator()
                        .recoverRanges(RecoverRangesRequest.getDefaultInstance())
                        .getError()
                        .getCode())
                .isEqualTo(Error.Code.INVALID);
    }

    private ChangeReplicasResponse change(ChangeReplicasRequest.Builder request) {
        return f.operator().changeReplicas(request.build());
    }

    private TransferLeaseResponse transfer(long range, String key, int to) {
        return f.operator()
                .transferLease(TransferLeaseRequest.newBuilder()
                        .setRange(range)
                        .setKey(bytes(key))
                        .setToNode(to)
                        .build());
    }

    private SplitRangeResponse split(String key) {
        return f.operator()
                .splitRange(SplitRangeRequest.newBuilder().setKey(bytes(key)).build());
    }

    private List<Long> ids(ListRangesRequest request) {
        return f.operator().listRanges(request).getRangesList().stream()
                .map(RangeInfo::getRange)
                .toList();
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
