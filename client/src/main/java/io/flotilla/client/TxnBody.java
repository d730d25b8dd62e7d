package io.flotilla.client;

import org.jspecify.annotations.Nullable;

/**
 * What a transaction does. May run more than once, but only after it is proven that the run before did not commit; so it must have
 * no effect outside its transaction. What it throws aborts the transaction and reaches the caller unchanged.
 */
@FunctionalInterface
public interface TxnBody<T extends @Nullable Object, X extends Exception> {
    T run(Transaction tx) throws X;
}
