package io.flotilla.range.lifecycle;

import io.flotilla.range.routing.RangeDescriptor;

/**
 * What a split's transaction applies on commit: each replica of the range that was {@code left} plus {@code right} becomes two, nothing copied.
 *
 * @param left the old range, cut short; generation one higher
 * @param right the new range, same replicas (same nodes and replica ids)
 */
public record SplitTrigger(RangeDescriptor left, RangeDescriptor right) {
    public byte[] encode() {
        throw new UnsupportedOperationException("not built yet");
    }

    /** @throws IllegalArgumentException if the bytes are not a split trigger */
    public static SplitTrigger decode(byte[] bytes) {
        throw new UnsupportedOperationException("not built yet");
    }
}
