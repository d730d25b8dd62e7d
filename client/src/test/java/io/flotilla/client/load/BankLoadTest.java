package io.flotilla.client.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.TestClients;
import io.flotilla.client.check.BankVerdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class BankLoadTest {
    private static final BankOptions BANK = BankOptions.DEFAULT.accounts(20).checkEveryMillis(20);
    private static final LoadOptions LOAD =
            LoadOptions.DEFAULT.clients(8).duration(Duration.ZERO).opsMax(1_500);

    @Test
    void serializableStorePassesTheAudit() {
        try (FlotillaClient client = TestClients.standalone(false)) {
            BankLoad load = new BankLoad(client, BANK, LOAD);
            load.init();
            BankLoad.BankSummary summary = load.run(sample -> {});
            BankVerdict verdict = load.check();
            assertThat(verdict.findings()).isEmpty();
            assertThat(verdict.transfersAcknowledged()).isEqualTo(summary.load().ops());
            assertThat(summary.load().ops() + summary.load().errors()).isEqualTo(1_500);
            assertThat(summary.totalChecks()).isPositive();
            assertThat(summary.totalViolations()).isZero();
            assertThat(summary.load().p99Millis()).isPositive();
        }
    }

    @Test
    void storeThatLosesUpdatesIsCaught() {
        try (FlotillaClient client = TestClients.standalone(true)) {
            BankLoad load = new BankLoad(client, BANK, LOAD);
            load.init();
            load.run(sample -> {});
            assertThat(load.check().ok()).isFalse();
        }
    }

    @Test
    void initClearsWhatAnEarlierRunLeft() {
        try (FlotillaClient client = TestClients.standalone(false)) {
            for (int i = 0; i < 2; i++) {
                BankLoad load = new BankLoad(client, BANK, LOAD.opsMax(50));
                load.init();
                load.run(sample -> {});
                assertThat(load.check().ledgerRows()).isEqualTo(50);
            }
        }
    }

    @Test
    void openLoopIsNeverAheadOfItsRateMakesUpForDelaysAndSamplesEachSecond() {
        try (FlotillaClient client = TestClients.standalone(false)) {
            KvLoad load = new KvLoad(
                    client,
                    KvOptions.DEFAULT.keys(100),
                    LoadOptions.DEFAULT
                            .clients(4)
                            .opsPerSecond(200)
                            .duration(Duration.ZERO)
                            .opsMax(440));
            load.init();
            List<Sample> samples = new ArrayList<>();
            LoadSummary summary = load.run(samples::add);
            assertThat(summary.ops()).isEqualTo(440);
            // Of four clients one has done 110, the last of which was due then.
            assertThat(summary.elapsedMillis()).isGreaterThanOrEqualTo(109 * 4 * 1_000 / 200);
            assertThat(samples).hasSizeBetween(1, (int) (summary.elapsedMillis() / 1_000));
            assertThat(summary.errors()).isZero();
        }
    }

    @Test
    void bankThatWasNeverOpenedIsSaidSo() {
        try (FlotillaClient client = TestClients.standalone(false)) {
            BankLoad load = new BankLoad(client, BANK, LOAD);
            assertThatThrownBy(() -> load.run(sample -> {})).hasMessageContaining("does not exist");
        }
    }

    @Test
    void rangesShareAccountsAndLedger() {
        BankLayout layout = new BankLayout(1_000);
        List<String> splits = layout.splitKeys(4);
        assertThat(splits).hasSize(3).isSorted();
        Integer[] accounts = {0, 0, 0, 0};
        Integer[] rows = {0, 0, 0, 0};
        for (int i = 0; i < 1_000; i++) {
            accounts[range(splits, layout.key(i))]++;
            rows[range(splits, layout.ledgerKey("abcd1234-7", i))]++;
        }
        assertThat(accounts).allMatch(count -> count > 200);
        assertThat(rows).allMatch(count -> count > 150);
    }

    private static int range(List<String> splits, String key) {
        return (int) splits.stream().filter(split -> split.compareTo(key) <= 0).count();
    }
}
