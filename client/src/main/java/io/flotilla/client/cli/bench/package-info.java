/**
 * The benchmark that measures the server against the floor of the machine it runs on.
 *
 * <p>Decided here: what is measured, how samples are interleaved and summed up, and the targets. Never here: what a client does with a request.
 * Comes in: a cluster of local servers. Goes out: one {@link io.flotilla.client.cli.bench.FloorReport}.
 */
@NullMarked
package io.flotilla.client.cli.bench;

import org.jspecify.annotations.NullMarked;
