package io.flotilla.range.routing;

import io.flotilla.config.kv.KvBatch;

/** A batch for one range, addressed by its id and by the generation the sender believes it has. */
public record RangeRequest(RangeId range, long generation, KvBatch batch) {}
