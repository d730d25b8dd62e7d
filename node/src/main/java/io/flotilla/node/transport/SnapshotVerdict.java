package io.flotilla.node.transport;

/** What became of a chunk. The ordinal is part of the wire format: only add at the end. */
public enum SnapshotVerdict {
    /** It is written down there; the last one: the snapshot is installed, or was not needed. */
    TAKEN,
    /** The receiver takes in as many snapshots as it may. Come again with the whole of it later. */
    LATER,
    /** It does not fit what is there: begin anew. */
    REFUSED,
    /** All of it is there and is being installed. Send the last chunk again to hear more. */
    INSTALLING,
    /** Said here, not by the peer: no answer came in time. It may have been taken all the same; sending it again does no harm. */
    UNANSWERED;

    private static final SnapshotVerdict[] ALL = values();

    static SnapshotVerdict of(int ordinal) {
        // One that a newer node says and this one does not know is a reason to begin anew, not to go on.
        return ordinal >= 0 && ordinal < UNANSWERED.ordinal() ? ALL[ordinal] : REFUSED;
    }
}
