package io.flotilla.config.settings;

/** On what strength a leaseholder answers reads. */
public enum ReadMode {
    /** On its lease alone: no message. Right as long as clocks do not drift apart faster than the lease settings allow. */
    LEASE,
    /** Under its lease, and after a quorum confirmed that it still led when the read came in (thesis §6.4): right whatever the clocks do. */
    READ_INDEX
}
