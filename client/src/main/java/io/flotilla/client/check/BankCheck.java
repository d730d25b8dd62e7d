package io.flotilla.client.check;

import io.flotilla.client.check.BankVerdict.Finding;
import io.flotilla.client.check.BankVerdict.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * Audits a bank. What makes it sharp is the ledger: each transfer writes a row of its own in its transaction, so each one that was
 * acknowledged must be found exactly once, and each balance must be its initial one plus what the rows say.
 */
public final class BankCheck {
    /** Findings listed of each kind; a broken store breaks much, and nobody reads more. */
    private static final int FINDINGS_PER_KIND_MAX = 20;

    private final int accounts;
    private final long initialBalance;
    private final List<Finding> findings = new ArrayList<>();
    private final Map<Kind, Integer> counts = new HashMap<>();

    private BankCheck(int accounts, long initialBalance) {
        this.accounts = accounts;
        this.initialBalance = initialBalance;
    }

    /**
     * What was found in the store, in one snapshot, after all clients had stopped.
     *
     * @param balances by account number
     * @param ledger all its rows; of earlier runs too
     * @param unreadable rows that could be read as neither
     */
    public record Books(SortedMap<Integer, Long> balances, List<Transfer> ledger, List<String> unreadable) {}

    /**
     * What the clients of this run know.
     *
     * @param clients their names; rows of others are taken as given
     * @param acknowledged transfers that they were told have committed
     * @param unknown transfers of which they were told neither
     */
    public record Claims(Set<String> clients, List<Transfer> acknowledged, List<Transfer> unknown) {}

    /** Without a ledger only the accounts can be audited. */
    public static BankVerdict check(int accounts, long initialBalance, Books books, Claims claims, boolean ledger) {
        BankCheck check = new BankCheck(accounts, initialBalance);
        books.unreadable().forEach(row -> check.find(Kind.UNREADABLE_ROW, row));
        long total = check.accounts(books.balances());
        long unknownFound = 0;
        if (ledger) {
            unknownFound = check.transfers(books.ledger(), claims);
            check.balances(books);
        }
        return new BankVerdict(
                total,
                Math.multiplyExact(initialBalance, (long) accounts),
                claims.acknowledged().size(),
                claims.unknown().size(),
                unknownFound,
                books.ledger().size(),
                check.findings);
    }

    private long accounts(SortedMap<Integer, Long> balances) {
        long total = 0;
        for (int account = 0; account < accounts; account++) {
            if (!balances.containsKey(account)) {
                find(Kind.ACCOUNT_MISSING, "account " + account);
            }
        }
        for (Map.Entry<Integer, Long> entry : balances.entrySet()) {
            total += entry.getValue();
            if (entry.getKey() < 0 || entry.getKey() >= accounts) {
                find(Kind.ACCOUNT_UNEXPECTED, "account " + entry.getKey() + " holds " + entry.getValue());
            }
            if (entry.getValue() < 0) {
                find(Kind.NEGATIVE_BALANCE, "account " + entry.getKey() + " holds " + entry.getValue());
            }
        }
        long expected = Math.multiplyExact(initialBalance, (long) accounts);
        if (total != expected) {
            find(Kind.TOTAL_CHANGED, "all accounts together hold " + total + ", not " + expected);
        }
        return total;
    }

    /** @return how many of unknown outcome are in the ledger */
    private long transfers(List<Transfer> ledger, Claims claims) {
        Map<String, Transfer> rows = new HashMap<>();
        for (Transfer row : ledger) {
            if (rows.put(row.name(), row) != null) {
                find(Kind.DOUBLED_TRANSFER, row.name() + " is in the ledger twice");
            }
        }
        Set<String> explained = new HashSet<>();
        for (Transfer transfer : claims.acknowledged()) {
            Transfer row = rows.get(transfer.name());
            if (!explained.add(transfer.name())) {
                find(Kind.DOUBLED_TRANSFER, transfer.name() + " was acknowledged twice");
            } else if (row == null) {
                find(Kind.LOST_TRANSFER, transfer.name() + " (" + transfer.row() + ") was acknowledged");
            } else if (!row.equals(transfer)) {
                find(Kind.ALTERED_TRANSFER, transfer.name() + " is " + row.row() + ", not " + transfer.row());
            }
        }
        long unknownFound = 0;
        for (Transfer transfer : claims.unknown()) {
            Transfer row = rows.get(transfer.name());
            explained.add(transfer.name());
            if (row != null) {
                unknownFound++;
                if (!row.equals(transfer)) {
                    find(Kind.ALTERED_TRANSFER, transfer.name() + " is " + row.row() + ", not " + transfer.row());
                }
            }
        }
        for (Transfer row : ledger) {
            if (claims.clients().contains(row.client()) && !explained.contains(row.name())) {
                find(Kind.UNEXPECTED_TRANSFER, row.name() + " (" + row.row() + ") was reported as not committed");
            }
        }
        return unknownFound;
    }

    private void balances(Books books) {
        Map<Integer, Long> expected = new HashMap<>();
        for (Transfer row : books.ledger()) {
            expected.merge(row.from(), -row.amount(), Long::sum);
            expected.merge(row.to(), row.amount(), Long::sum);
        }
        for (Map.Entry<Integer, Long> entry : books.balances().entrySet()) {
            long should = initialBalance + expected.getOrDefault(entry.getKey(), 0L);
            if (entry.getValue() != should) {
                find(
                        Kind.BALANCE_UNEXPLAINED,
                        "account " + entry.getKey() + " holds " + entry.getValue() + ", its ledger says " + should);
            }
        }
    }

    private void find(Kind kind, String detail) {
        if (counts.merge(kind, 1, Integer::sum) <= FINDINGS_PER_KIND_MAX) {
            findings.add(new Finding(kind, detail));
        }
    }
}
