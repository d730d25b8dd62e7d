/**
 * A deterministic simulation of one consensus group under faults, from a seed; {@code flotilla sim} runs it.
 *
 * <p>Decided here: what goes wrong when, and whether the group kept its promises. Never here: a real clock, disk, network or thread of the
 * simulated world; nothing that a simulated event does depends on anything but the seed. Comes in: seeds. Goes out: a {@link
 * io.flotilla.node.sim.SimResult} for each, with a hash over every event.
 */
@NullMarked
package io.flotilla.node.sim;

import org.jspecify.annotations.NullMarked;
