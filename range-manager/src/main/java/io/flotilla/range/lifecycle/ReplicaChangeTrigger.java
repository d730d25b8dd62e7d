package io.flotilla.range.lifecycle;

import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import java.nio.ByteBuffer;

/**
 * What a change of replicas applies on commit. In the log it is a change of the group's configuration.
 *
 * <p>Bytes: kind (1 byte, 2), the descriptor as {@link RangeDescriptorCodec} writes it.
 *
 * @param descriptor the range as it is from now on; generation one higher
 */
public record ReplicaChangeTrigger(RangeDescriptor descriptor) implements CommitTrigger {
    static final byte KIND = 2;

    @Override
    public byte[] encode() {
        byte[] bytes = RangeDescriptorCodec.encode(descriptor);
        return ByteBuffer.allocate(1 + bytes.length).put(KIND).put(bytes).array();
    }

    static ReplicaChangeTrigger read(ByteBuffer in) {
        byte[] bytes = new byte[in.remaining()];
        in.get(bytes);
        return new ReplicaChangeTrigger(RangeDescriptorCodec.decode(bytes));
    }
}
