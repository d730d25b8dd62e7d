package io.flotilla.client.load;

/**
 * The bank.
 *
 * @param prefix of all its keys
 * @param initialBalance of each account
 * @param ledger whether each transfer also writes a ledger row in its transaction, so that each can be found again
 * @param checkEveryMillis how often all accounts are read in one transaction and summed while the load runs; 0 means never
 */
public record BankOptions(String prefix, int accounts, long initialBalance, boolean ledger, long checkEveryMillis) {
    public static final BankOptions DEFAULT = new BankOptions("bank", 1_000, 1_000, true, 500);

    public BankOptions prefix(String prefix) {
        return new BankOptions(prefix, accounts, initialBalance, ledger, checkEveryMillis);
    }

    public BankOptions accounts(int accounts) {
        return new BankOptions(prefix, accounts, initialBalance, ledger, checkEveryMillis);
    }

    public BankOptions initialBalance(long initialBalance) {
        return new BankOptions(prefix, accounts, initialBalance, ledger, checkEveryMillis);
    }

    public BankOptions ledger(boolean ledger) {
        return new BankOptions(prefix, accounts, initialBalance, ledger, checkEveryMillis);
    }

    public BankOptions checkEveryMillis(long checkEveryMillis) {
        return new BankOptions(prefix, accounts, initialBalance, ledger, checkEveryMillis);
    }

    public BankLayout layout() {
        return new BankLayout(prefix, accounts);
    }

    public long total() {
        return Math.multiplyExact(initialBalance, (long) accounts);
    }
}
