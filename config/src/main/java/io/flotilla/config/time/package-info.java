/**
 * Hybrid logical time (Kulkarni et al., <i>Logical Physical Clocks</i>, 2014).
 *
 * <p>Decided here: how timestamps compare and are packed, and that a remote reading beyond the bound is refused. Never
 * here: leases, timers. Comes in: a wall clock in microseconds. Goes out: timestamps that only grow.
 */
@NullMarked
package io.flotilla.config.time;

import org.jspecify.annotations.NullMarked;
