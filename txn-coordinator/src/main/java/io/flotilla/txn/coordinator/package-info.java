/**
 * The gateway side of a transaction: from buffered writes to one atomic commit (parallel commits, CockroachDB RFC 20180324), and the
 * recovery of other coordinators' unfinished business.
 *
 * <p>Decided here: when a transaction is committed. Never here: where a key lives. Comes in: commit requests, replies, time. Goes out:
 * batches by key through {@link io.flotilla.config.kv.KvSender}, answers.
 */
@NullMarked
package io.flotilla.txn.coordinator;

import org.jspecify.annotations.NullMarked;
