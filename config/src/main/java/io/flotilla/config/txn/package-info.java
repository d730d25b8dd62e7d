/**
 * The words of transactions that every floor shares: ids, what travels with each request, and the fate of a
 * transaction. The rules that change a fate live in {@code io.flotilla.txn}.
 */
@NullMarked
package io.flotilla.config.txn;

import org.jspecify.annotations.NullMarked;
