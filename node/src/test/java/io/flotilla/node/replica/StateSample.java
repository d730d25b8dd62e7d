package io.flotilla.node.replica;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Value;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.node.mvcc.EntryHash;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.mvcc.StateChecksum;
import io.flotilla.node.mvcc.VersionCodec;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.RocksEngine;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.ReplicaInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A store's state with range 7 in it, which adds up or does not. */
public final class StateSample {
    private static final int KEYS = 100;

    private StateSample() {}

    /** @param rotten the last value is not the one that was applied */
    public static void write(Path directory, boolean rotten) {
        RangeDescriptor range =
                new RangeDescriptor(new RangeId(7), 1, KeySpace.USERS, List.of(new ReplicaInfo(new NodeId(1), 1)), 2);
        try (RocksEngine engine = new RocksEngine(directory);
                Engine.Batch batch = engine.newBatch()) {
            RangeSpaces.clear(batch, range.span());
            long sum = 0;
            for (int i = 0; i < KEYS; i++) {
                byte[] key =
                        MvccKeys.data(KeySpace.user(("k" + i).getBytes(StandardCharsets.UTF_8)), new Timestamp(i + 1));
                byte[] value = VersionCodec.encode(new TxnId(1, i), Value.of("value " + i));
                sum += EntryHash.of(Space.DATA, key, value);
                if (rotten && i == KEYS - 1) {
                    value[value.length - 1] ^= 1;
                }
                batch.put(Space.DATA, key, value);
            }
            LocalState.putDescriptor(batch, range);
            LocalState.putApplied(
                    batch,
                    LocalState.appliedKey(range.id()),
                    new LocalState.Applied(KEYS, 6, new StateChecksum(sum, 0), Timestamp.ZERO));
            engine.write(batch);
            engine.flush();
        }
    }
}
