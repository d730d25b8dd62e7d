/**
 * The transaction record as a pure state machine: what each operation makes of the record that is there (parallel commits,
 * CockroachDB RFC 20180324, §"Transaction record and recovery").
 *
 * <p>Decided here: a transaction's fate, and which transitions of it are allowed. Never here: where the record is kept, what the
 * transaction's keys hold, who waits. Comes in: the record (or none), an operation, its header, the time, and the evidence of a
 * committed version at the anchor. Goes out: one decision. No clock, no thread, no state.
 */
@NullMarked
package io.flotilla.txn.record;

import org.jspecify.annotations.NullMarked;
