package io.flotilla.config.kv;

import io.flotilla.config.time.Timestamp;
import java.util.List;

/** The answer to a {@link KvBatch}. */
public sealed interface KvReply {
    /**
     * @param results one per operation, in order
     * @param timestamp where the batch was really evaluated: the header's, or above it if it was pushed (writes) or forwarded
     * @param observed clocks of the leaseholders that took part
     */
    record Done(List<KvResult> results, Timestamp timestamp, List<Observed> observed) implements KvReply {}

    record Refused(KvError error) implements KvReply {}
}
