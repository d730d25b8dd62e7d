/**
 * What is left to do when a majority of a range's replicas is gone for good.
 *
 * <p>Decided here: which ranges lack a quorum, which surviving replica each goes on from, what is surely kept, what cannot be brought back. Never here:
 * carrying it out, and any judgement whether the lost nodes are really lost: that is the operator's word. Comes in: what each surviving store says of its
 * replicas. Goes out: a plan.
 */
@NullMarked
package io.flotilla.range.recovery;

import org.jspecify.annotations.NullMarked;
