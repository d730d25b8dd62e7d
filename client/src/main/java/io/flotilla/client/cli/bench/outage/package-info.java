/**
 * Benchmarks of what clients notice when a server goes: by a fault, or in good order.
 *
 * <p>Decided here: what is done to which server, what is measured meanwhile, how trials are summed up, and the targets. Never here: how a fault is
 * inflicted. Comes in: a cluster of local servers. Goes out: a {@link io.flotilla.client.cli.bench.outage.FailoverReport} or a {@link
 * io.flotilla.client.cli.bench.outage.HandoffReport}.
 */
@NullMarked
package io.flotilla.client.cli.bench.outage;

import org.jspecify.annotations.NullMarked;
