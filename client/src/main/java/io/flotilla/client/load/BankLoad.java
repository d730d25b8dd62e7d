package io.flotilla.client.load;

import io.flotilla.client.FlotillaClient;
import io.flotilla.client.check.BankVerdict;
import java.util.OptionalLong;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * Transfers between accounts: two reads and two writes (three with the ledger) in one transaction, mostly across ranges. One use per
 * object: {@link #init} if wanted, {@link #run}, {@link #check}.
 */
public final class BankLoad {
    public BankLoad(FlotillaClient client, BankOptions bank, LoadOptions load) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Deletes what an earlier run left and opens all accounts. */
    public void init() {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Runs until the options or {@link #stop} end it. {@code onSample} is called once a second by one thread. */
    public BankSummary run(Consumer<Sample> onSample) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Ends {@link #run} early; from any thread. */
    public void stop() {}

    /** The total as last read consistently while the load ran; empty before the first time. From any thread. */
    public OptionalLong latestTotal() {
        throw new UnsupportedOperationException("not built yet");
    }

    /** How many acknowledged transfers were between accounts {@code from} and {@code to} for which {@code pair} holds. After {@link #run}. */
    public long committedBetween(BiPredicate<Integer, Integer> pair) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Reads all accounts and the ledger in one transaction and compares them with what the clients were told. After {@link #run}. */
    public BankVerdict check() {
        throw new UnsupportedOperationException("not built yet");
    }

    /**
     * @param totalChecks how often the total was read while the load ran
     * @param totalCheckFailures how often that read failed with an error (no verdict)
     * @param totalViolations how often the total was wrong
     * @param firstViolation the first wrong total in words; empty if there was none
     */
    public record BankSummary(
            LoadSummary load, long totalChecks, long totalCheckFailures, long totalViolations, String firstViolation) {}
}
