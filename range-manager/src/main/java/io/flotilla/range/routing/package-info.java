/**
 * Where does a key live? The range cache, the cutting of batches at range borders, and the retries that moved ranges and lost
 * messages make necessary.
 *
 * <p>Decided here: which range and which replica a batch is sent to, and what to learn from a refusal. Never here: what a transaction
 * is, what a log entry is. Comes in: batches addressed by key ({@link io.flotilla.config.kv.KvSender}) and range replies. Goes out:
 * batches addressed by range id and generation ({@link io.flotilla.range.routing.ReplicaLink}). Pure: no clock, no thread; time and
 * timers come through ports.
 */
@NullMarked
package io.flotilla.range.routing;

import org.jspecify.annotations.NullMarked;
