package io.flotilla.range.lifecycle;

import java.nio.ByteBuffer;

/**
 * What a transaction that changes a range applies on commit, at every replica of that range. The first byte of its bytes tells which kind it is.
 */
public sealed interface CommitTrigger permits SplitTrigger, ReplicaChangeTrigger {
    byte[] encode();

    /** @throws IllegalArgumentException if the bytes are no trigger */
    static CommitTrigger decode(byte[] bytes) {
        if (bytes.length == 0) {
            throw new IllegalArgumentException("a trigger without bytes");
        }
        ByteBuffer body = ByteBuffer.wrap(bytes, 1, bytes.length - 1).slice();
        return switch (bytes[0]) {
            case SplitTrigger.KIND -> SplitTrigger.read(body);
            case ReplicaChangeTrigger.KIND -> ReplicaChangeTrigger.read(body);
            default -> throw new IllegalArgumentException("trigger of unknown kind " + bytes[0]);
        };
    }
}
