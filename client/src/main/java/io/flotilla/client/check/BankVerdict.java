package io.flotilla.client.check;

import java.util.List;

/**
 * Whether a bank's books are in order.
 *
 * @param total the sum of all balances found
 * @param transfersAcknowledged transfers the clients were told have committed
 * @param transfersUnknown transfers whose clients were not told
 * @param unknownFound those of them that are in the ledger: committed after all
 * @param findings what is wrong; empty if nothing is
 */
public record BankVerdict(
        long total,
        long expectedTotal,
        long transfersAcknowledged,
        long transfersUnknown,
        long unknownFound,
        long ledgerRows,
        List<Finding> findings) {
    public BankVerdict {
        findings = List.copyOf(findings);
    }

    public boolean ok() {
        return findings.isEmpty();
    }

    /** One thing that is wrong, with its evidence. */
    public record Finding(Kind kind, String detail) {}

    public enum Kind {
        /** The sum of all balances is not what was put in. */
        TOTAL_CHANGED,
        /** Acknowledged, but not in the ledger. */
        LOST_TRANSFER,
        /** In the ledger with contents other than acknowledged, or under two keys. */
        ALTERED_TRANSFER,
        DOUBLED_TRANSFER,
        /** In the ledger, although its client was told that it did not commit, or never made it. */
        UNEXPECTED_TRANSFER,
        /** An account is not its initial balance plus what the ledger says. */
        BALANCE_UNEXPLAINED,
        /** An account that should be there is not, or one that should not be there is. */
        ACCOUNT_MISSING,
        ACCOUNT_UNEXPECTED,
        NEGATIVE_BALANCE,
        /** A row that cannot be read. */
        UNREADABLE_ROW
    }
}
