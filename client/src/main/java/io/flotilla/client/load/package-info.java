/**
 * The load generator: drives a cluster through the client library as users would, and measures what they would see.
 *
 * <p>Decided here: which operations are sent when, and what is counted. Never here: how they are sent or tried again (the
 * library's), nor whether what came back is right ({@code client.check}'s and {@code load.check}'s). Comes in: options and a client.
 * Goes out: a sample each second, a summary, and evidence for the checkers.
 */
@NullMarked
package io.flotilla.client.load;

import org.jspecify.annotations.NullMarked;
