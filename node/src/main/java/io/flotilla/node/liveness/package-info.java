/**
 * Store liveness, pure: one promise per ordered pair of stores instead of one per range (CockroachDB's store liveness and leader leases; Gray and
 * Cheriton 1989 for the leases themselves).
 *
 * <p>Decided here: which store this one supports, at which epoch and until when; which stores support this one. Never here: a clock, a thread, a disk,
 * a socket; who leads a range. Comes in: ticks, messages of other stores, "it is durable now", and whether the disk stands still, each with the time it
 * happened at. Goes out: {@link io.flotilla.node.liveness.LivenessReady}, and {@link io.flotilla.node.liveness.LivenessView} for all who ask.
 *
 * <p>The rules. A requester's epochs only grow and each is durable before its first use. A supporter makes an epoch durable before it says so,
 * and a withdrawal durable before it acts on it; a withdrawn epoch is never supported again. Support lasts {@code supportMillis} from the last answer
 * that the requester has shown it heard, so a cut of one direction ends it in both. What the requester relies on is counted from its own
 * sending and is shorter by {@code supportMillis - leaseMillis}.
 *
 * <p>A store serves, and lets itself be leaned on, no further in timestamp space than what is durable of its clock ({@link
 * io.flotilla.node.liveness.ClockMark}), and begins no life before its clock is there: so it does not matter that wall clocks may be set back meanwhile.
 *
 * <p>HAZARD: leans on the monotonic clocks of two nodes not drifting apart by more than {@code supportMillis - leaseMillis} within {@code supportMillis}.
 */
@NullMarked
package io.flotilla.node.liveness;

import org.jspecify.annotations.NullMarked;
