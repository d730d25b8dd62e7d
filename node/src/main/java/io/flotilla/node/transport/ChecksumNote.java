package io.flotilla.node.transport;

import io.flotilla.range.routing.RangeId;

/**
 * What a replica's state added up to at an entry of the log that asks for it; or, from the leaseholder, that this replica's was wrong there. May be lost:
 * the next check says the same again.
 *
 * @param sum of the sender
 * @param diverged the leaseholder's word to {@code toReplica}: a majority has another sum than it
 */
public record ChecksumNote(RangeId range, int fromReplica, int toReplica, long index, long sum, boolean diverged) {}
