/**
 * Decides whether a history of transactions that read and append to lists is serializable, and whether each key was read in real
 * time, in the manner of Elle's list-append (Kingsbury and Alvaro, VLDB 2020): each number is appended to a list once, so a list
 * that was read tells who wrote it, in which order, and what its reader did not see. Pure: a history in, anomalies out; no clock,
 * no threads, no requests, and the same history has the same anomalies.
 *
 * <p>Real time counts per key only: who has ended before another begins comes first if one of them wrote what the other touches, but of
 * transactions on disjoint keys a third may see the later and not the earlier.
 */
@NullMarked
package io.flotilla.client.load.check;

import org.jspecify.annotations.NullMarked;
