package io.flotilla.range.lifecycle;

import io.flotilla.config.kv.KvError;
import io.flotilla.range.routing.RangeDescriptor;

/** What a change of replicas came to. */
public sealed interface ReplicaChangeResult {
    /** The range is as it was wished. @param changed whether anything had to be done for it */
    record Done(RangeDescriptor range, boolean changed) implements ReplicaChangeResult {}

    /**
     * The time was up before the change was through. The range serves as before, and asking for the same again goes on from here.
     *
     * @param waitsFor one line for people
     */
    record Unfinished(RangeDescriptor range, String waitsFor) implements ReplicaChangeResult {}

    /** It cannot be done; the range is as it was. @param absent what was named does not exist */
    record Refused(String why, boolean absent) implements ReplicaChangeResult {}

    /** The meta range could not be read, or something is broken; asking again is safe. */
    record Failed(KvError error) implements ReplicaChangeResult {}
}
