package io.flotilla.node.transport;

import io.flotilla.range.routing.RangeId;

/**
 * What one store tells another about a replica that is, was or will be on that other store. Ids are never used twice within a range, so what was true
 * once stays true. May be lost; each is sent again when it turns out to be needed.
 */
public record ReplicaNotice(RangeId range, int replicaId, Kind kind) {
    /** The ordinal is written to the wire: only add at the end. */
    public enum Kind {
        /** The replica was removed from its range, by a change that is committed and applied: it must destroy itself. */
        REMOVED,
        /** The replica was added: it gets a snapshot as soon as it is spoken to. */
        ADDED,
        /** Is that replica of mine still one of the range? Answered by REMOVED if it is not, else not at all. */
        QUESTION
    }
}
