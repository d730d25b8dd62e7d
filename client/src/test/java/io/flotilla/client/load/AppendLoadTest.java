package io.flotilla.client.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.KeyValue;
import io.flotilla.client.TestClients;
import io.flotilla.client.load.check.Anomaly;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class AppendLoadTest {
    private static final AppendOptions APPEND = AppendOptions.DEFAULT.keys(6).roundTransactions(200);
    private static final LoadOptions LOAD =
            LoadOptions.DEFAULT.clients(8).duration(Duration.ZERO).opsMax(1_500);

    @Test
    void serializableStoreShowsNoAnomalyAndItsListsAreTakenAway() {
        try (FlotillaClient client = TestClients.standalone(false)) {
            AppendLoad load = new AppendLoad(client, APPEND, LOAD);
            load.init();
            LoadSummary summary = load.run(sample -> {}, anomaly -> {});
            AppendVerdict verdict = load.check();
            assertThat(verdict.anomalies()).isEmpty();
            assertThat(summary.ops() + summary.errors()).isEqualTo(1_500);
            assertThat(verdict.rounds()).isEqualTo(8);
            assertThat(verdict.committed()).isGreaterThan(summary.ops());
            assertThat(verdict.appends()).isPositive();
            assertThat(verdict.reads()).isPositive();
            assertThat(rows(client)).isEmpty();
        }
    }

    @Test
    void storeThatLosesUpdatesIsCaughtWhileTheLoadRunsAndTheListsStayAsEvidence() {
        try (FlotillaClient client = TestClients.standalone(true)) {
            AppendLoad load = new AppendLoad(client, APPEND, LOAD);
            List<Anomaly> told = new ArrayList<>();
            load.run(sample -> {}, told::add);
            assertThat(told).isNotEmpty();
            assertThat(load.check().anomalies()).containsAll(told);
            assertThat(rows(client)).isNotEmpty();
            load.init();
            assertThat(rows(client)).isEmpty();
        }
    }

    @Test
    void transactionsOfWhichNobodyWasToldAreNoAnomaly() {
        try (FlotillaClient client = TestClients.standaloneThatLosesAnswers()) {
            AppendLoad load = new AppendLoad(client, APPEND, LOAD.opsMax(300));
            LoadSummary summary = load.run(sample -> {}, anomaly -> {});
            AppendVerdict verdict = load.check();
            assertThat(verdict.anomalies()).isEmpty();
            assertThat(summary.unknown()).isPositive();
            assertThat(verdict.unknown()).isEqualTo(summary.unknown());
        }
    }

    /** It ended the load as an error of its own, and whoever watches for a broken store did not hear of one. */
    @Test
    void whatIsNoListWasWrittenByNobody() throws InterruptedException {
        try (FlotillaClient client = TestClients.standalone(false)) {
            AppendLoad load =
                    new AppendLoad(client, APPEND, LOAD.opsMax(10_000_000).duration(Duration.ofSeconds(60)));
            List<Anomaly> told = new CopyOnWriteArrayList<>();
            AtomicBoolean over = new AtomicBoolean();
            Thread rot = new Thread(() -> {
                while (told.isEmpty() && !over.get()) {
                    rows(client).stream().findFirst().ifPresent(row -> client.put(row.keyText(), "rotten"));
                    LockSupport.parkNanos(50_000_000);
                }
            });
            rot.start();
            try {
                load.run(sample -> {}, anomaly -> {
                    told.add(anomaly);
                    load.stop();
                });
            } finally {
                over.set(true);
                rot.join();
            }
            assertThat(load.check().anomalies())
                    .filteredOn(anomaly -> anomaly.kind() == Anomaly.Kind.INVENTED_VALUE)
                    .isNotEmpty()
                    .allSatisfy(anomaly ->
                            assertThat(anomaly.explanation()).contains("read (what is no number) in append/"));
        }
    }

    @Test
    void whatAnotherRunLeftIsNotLookedAt() {
        try (FlotillaClient client = TestClients.standalone(false)) {
            client.put("append/001/00000000-0", "17 3 99");
            AppendLoad load = new AppendLoad(client, APPEND, LOAD.opsMax(300));
            load.run(sample -> {}, anomaly -> {});
            assertThat(load.check().anomalies()).isEmpty();
        }
    }

    @Test
    void rangesShareTheLists() {
        AppendLayout layout = AppendOptions.DEFAULT.layout();
        List<String> splits = layout.splitKeys(4);
        assertThat(splits).containsExactly("append/008/", "append/016/", "append/024/");
        assertThat(IntStream.range(0, 32).mapToObj(list -> layout.key(list, "round")))
                .isSorted()
                .allMatch(key -> key.compareTo(layout.start()) >= 0 && key.compareTo(layout.end()) < 0);
    }

    private static List<KeyValue> rows(FlotillaClient client) {
        return client.scan("append/", "append0", 0);
    }
}
