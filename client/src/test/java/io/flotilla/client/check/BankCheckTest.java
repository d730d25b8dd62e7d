package io.flotilla.client.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.client.check.BankVerdict.Finding;
import io.flotilla.client.check.BankVerdict.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** An audit of good books finds nothing; each planted fault is found. */
class BankCheckTest {
    private final TreeMap<Integer, Long> balances = new TreeMap<>(Map.of(0, 97L, 1, 103L, 2, 100L));
    private final List<Transfer> ledger = new ArrayList<>(List.of(
            new Transfer("me", 0, 0, 1, 5), new Transfer("me", 1, 1, 0, 3), new Transfer("earlier", 0, 0, 1, 1)));
    private final List<Transfer> acknowledged = new ArrayList<>(List.of(ledger.get(0), ledger.get(1)));
    private final List<Transfer> unknown = new ArrayList<>();

    @Test
    void goodBooksAreFoundGood() {
        BankVerdict verdict = check();
        assertThat(verdict.ok()).isTrue();
        assertThat(verdict.total()).isEqualTo(300);
        assertThat(verdict.ledgerRows()).isEqualTo(3);
    }

    @Test
    void lostTransferIsFound() {
        balances.put(0, 102L);
        balances.put(1, 98L);
        ledger.remove(0);
        assertKinds(Kind.LOST_TRANSFER);
    }

    @Test
    void transferAppliedTwiceIsFoundByItsBalances() {
        balances.put(0, 92L);
        balances.put(1, 108L);
        assertKinds(Kind.BALANCE_UNEXPLAINED, Kind.BALANCE_UNEXPLAINED);
    }

    @Test
    void rowThereTwiceIsFound() {
        balances.put(0, 92L);
        balances.put(1, 108L);
        ledger.add(ledger.get(0));
        assertKinds(Kind.DOUBLED_TRANSFER);
    }

    @Test
    void changedTotalIsFound() {
        balances.put(2, 101L);
        assertKinds(Kind.TOTAL_CHANGED, Kind.BALANCE_UNEXPLAINED);
    }

    @Test
    void lostUpdateIsFound() {
        balances.put(1, 106L);
        assertKinds(Kind.TOTAL_CHANGED, Kind.BALANCE_UNEXPLAINED);
    }

    @Test
    void transferThatWasSaidNotToHaveCommittedIsFound() {
        acknowledged.remove(1);
        assertKinds(Kind.UNEXPECTED_TRANSFER);
    }

    @Test
    void alteredRowIsFound() {
        acknowledged.set(0, new Transfer("me", 0, 0, 1, 6));
        assertKinds(Kind.ALTERED_TRANSFER);
    }

    @Test
    void unknownTransferMayBeThereOrNot() {
        unknown.add(acknowledged.remove(1));
        unknown.add(new Transfer("me", 2, 0, 2, 50));
        BankVerdict verdict = check();
        assertThat(verdict.ok()).isTrue();
        assertThat(verdict.unknownFound()).isEqualTo(1);
    }

    @Test
    void missingAndStrangeAccountsAreFound() {
        balances.remove(2);
        balances.put(7, 100L);
        assertKinds(Kind.ACCOUNT_MISSING, Kind.ACCOUNT_UNEXPECTED);
    }

    @Test
    void ledgerRowIsReadBackAsWritten() {
        Transfer transfer = new Transfer("me", 9, 3, 14, 15);
        assertThat(Transfer.parse("me", 9, transfer.row())).isEqualTo(transfer);
    }

    private void assertKinds(Kind... kinds) {
        assertThat(check().findings()).extracting(Finding::kind).containsExactly(kinds);
    }

    private BankVerdict check() {
        return BankCheck.check(
                3,
                100,
                new BankCheck.Books(balances, ledger, List.of()),
                new BankCheck.Claims(Set.of("me"), acknowledged, unknown),
                true);
    }
}
