package io.flotilla.range.routing;

/** The bytes of a {@link RangeDescriptor}, as they stand in the meta range and in replicas' states. Versioned. */
public final class RangeDescriptorCodec {
    private RangeDescriptorCodec() {}

    public static byte[] encode(RangeDescriptor descriptor) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** @throws IllegalArgumentException if the bytes are not a descriptor */
    public static RangeDescriptor decode(byte[] bytes) {
        throw new UnsupportedOperationException("not built yet");
    }
}
