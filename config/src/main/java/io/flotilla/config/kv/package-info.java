/**
 * The internal request contract: batches of operations addressed <em>by key</em>, their results and typed errors.
 *
 * <p>{@link io.flotilla.config.kv.KvSender} is the door between the transaction layer (which knows keys) and the
 * distribution layer (which knows ranges). Nothing here names a range, a replica or a node's whereabouts.
 */
@NullMarked
package io.flotilla.config.kv;

import org.jspecify.annotations.NullMarked;
