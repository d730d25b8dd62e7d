package io.flotilla.client.load;

import io.flotilla.client.load.check.Txn;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists, and all transactions that touch them: no other round's do, so its history can be checked alone, and forgotten then. Safe
 * for any thread.
 */
final class AppendRound {
    private final String name;
    private final int transactionsMax;
    private final List<Txn> history = new ArrayList<>();
    private int begun;
    private int inside;
    private long numbers;

    AppendRound(String name, int transactionsMax) {
        this.name = name;
        this.transactionsMax = transactionsMax;
    }

    /** The last part of its keys. */
    String name() {
        return name;
    }

    /** @return whether one more may begin; whoever was let in leaves with {@link #leave} */
    synchronized boolean enter() {
        if (begun == transactionsMax) {
            return false;
        }
        begun++;
        inside++;
        return true;
    }

    synchronized void leave() {
        inside--;
    }

    /** Nobody is in, nobody will come. */
    synchronized boolean isOver() {
        return begun == transactionsMax && inside == 0;
    }

    /** One that was not used before. */
    synchronized long nextNumber() {
        return ++numbers;
    }

    synchronized void add(Txn txn) {
        history.add(txn);
    }

    synchronized int size() {
        return history.size();
    }

    synchronized List<Txn> history() {
        return List.copyOf(history);
    }
}
