package io.flotilla.node.replica;

import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.IntentCodec;
import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.storage.Engine;

/** Looks at writes instead of doing them, and remembers the timestamp of the newest value, provisional or not. */
final class NewestWrite implements Mutation.Target {
    private Timestamp timestamp = Timestamp.ZERO;

    Timestamp timestamp() {
        return timestamp;
    }

    @Override
    public void put(Engine.Space space, byte[] key, byte[] value) {
        switch (space) {
            case DATA -> timestamp = timestamp.max(MvccKeys.timestampOfData(key));
            case INTENT -> timestamp = timestamp.max(IntentCodec.decode(value).timestamp());
            default -> {}
        }
    }

    @Override
    public void replace(Engine.Space space, byte[] key, byte[] value) {
        put(space, key, value);
    }

    @Override
    public void delete(Engine.Space space, byte[] key) {}
}
