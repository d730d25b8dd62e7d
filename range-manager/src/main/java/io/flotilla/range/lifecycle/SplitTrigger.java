package io.flotilla.range.lifecycle;

import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import java.nio.ByteBuffer;

/**
 * What a split's transaction applies on commit: each replica of the range that was {@code left} plus {@code right} becomes two, nothing copied.
 *
 * <p>Bytes: kind (1 byte, 1), length of left (4), left, right; both as {@link RangeDescriptorCodec} writes them.
 *
 * @param left the old range, cut short; generation one higher
 * @param right the new range, same replicas (same nodes and replica ids)
 */
public record SplitTrigger(RangeDescriptor left, RangeDescriptor right) implements CommitTrigger {
    static final byte KIND = 1;
    private static final int HEAD_BYTES = 1 + 4;

    public SplitTrigger {
        if (!left.span().end().equals(right.span().start()) || left.id().equals(right.id())) {
            throw new IllegalArgumentException("not two halves of one range: " + left + " and " + right);
        }
    }

    @Override
    public byte[] encode() {
        byte[] leftBytes = RangeDescriptorCodec.encode(left);
        byte[] rightBytes = RangeDescriptorCodec.encode(right);
        return ByteBuffer.allocate(HEAD_BYTES + leftBytes.length + rightBytes.length)
                .put(KIND)
                .putInt(leftBytes.length)
                .put(leftBytes)
                .put(rightBytes)
                .array();
    }

    static SplitTrigger read(ByteBuffer in) {
        if (in.remaining() < Integer.BYTES) {
            throw new IllegalArgumentException("split trigger of " + in.remaining() + " bytes");
        }
        int leftLength = in.getInt();
        if (leftLength < 0 || leftLength > in.remaining()) {
            throw new IllegalArgumentException(
                    "split trigger with a left side of " + leftLength + " bytes in " + in.remaining());
        }
        byte[] leftBytes = new byte[leftLength];
        in.get(leftBytes);
        byte[] rightBytes = new byte[in.remaining()];
        in.get(rightBytes);
        return new SplitTrigger(RangeDescriptorCodec.decode(leftBytes), RangeDescriptorCodec.decode(rightBytes));
    }
}
