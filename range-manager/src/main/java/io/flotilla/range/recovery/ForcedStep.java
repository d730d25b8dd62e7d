package io.flotilla.range.recovery;

import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * What one store is to do to one of its replicas. It is about that very log: one that ends elsewhere is not the one the plan was made for, and is left alone.
 *
 * <p>Bytes: version (1), last index (8), last term (8), term (8), the descriptor as {@link RangeDescriptorCodec} writes it.
 *
 * @param term in which the change is appended
 * @param after the range from then on
 */
public record ForcedStep(long lastIndex, long lastTerm, long term, RangeDescriptor after) {
    private static final byte VERSION = 1;
    private static final int HEAD_BYTES = 25;

    static ForcedStep of(RecoveryPlan.Forced forced) {
        Survivor source = forced.source();
        return new ForcedStep(source.lastIndex(), source.lastTerm(), forced.term(), forced.after());
    }

    public byte[] encode() {
        byte[] descriptor = RangeDescriptorCodec.encode(after);
        return ByteBuffer.allocate(HEAD_BYTES + descriptor.length)
                .put(VERSION)
                .putLong(lastIndex)
                .putLong(lastTerm)
                .putLong(term)
                .put(descriptor)
                .array();
    }

    /** @throws IllegalArgumentException if the bytes are no step */
    public static ForcedStep decode(byte[] bytes) {
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("a forced step of unknown version " + version);
            }
            long lastIndex = in.getLong();
            long lastTerm = in.getLong();
            long term = in.getLong();
            byte[] descriptor = new byte[in.remaining()];
            in.get(descriptor);
            return new ForcedStep(lastIndex, lastTerm, term, RangeDescriptorCodec.decode(descriptor));
        } catch (BufferUnderflowException cut) {
            throw new IllegalArgumentException("a forced step of " + bytes.length + " bytes", cut);
        }
    }
}
