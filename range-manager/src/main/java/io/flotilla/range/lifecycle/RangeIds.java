package io.flotilla.range.lifecycle;

import io.flotilla.config.key.Value;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What stands under {@link io.flotilla.config.key.KeySpace#rangeIdAllocator}: the next id that no range has or ever had. */
public final class RangeIds {
    /** Ids below are for the ranges a cluster is born with. */
    public static final long FIRST_ALLOCATED = 10;

    private RangeIds() {}

    /** Not above zero if what stands there is no allocator. */
    public static long free(@Nullable Value allocator) {
        return allocator == null
                ? FIRST_ALLOCATED
                : ByteBuffer.allocate(Long.BYTES)
                        .put(0, allocator.bytes(), 0, Math.min(Long.BYTES, allocator.length()))
                        .getLong(0);
    }

    public static Value allocator(long free) {
        return Value.wrap(ByteBuffer.allocate(Long.BYTES).putLong(free).array());
    }
}
