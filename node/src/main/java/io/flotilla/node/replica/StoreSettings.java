package io.flotilla.node.replica;

import io.flotilla.config.settings.FlowSettings;
import io.flotilla.config.settings.IdleSettings;
import io.flotilla.node.raft.Now;
import io.flotilla.node.snapshot.SnapshotFiles;
import java.time.Duration;

/**
 * What a {@link Store} is told besides what each of its replicas is.
 *
 * @param flushEvery how often applied state is made durable
 * @param retention how long what is overwritten stays readable
 * @param snapshots where incoming snapshots wait until they are installed
 * @param since when the engine was this process's: what served from it before serves no more
 */
public record StoreSettings(
        Duration flushEvery,
        Duration retention,
        FlowSettings flow,
        IdleSettings idle,
        SnapshotFiles snapshots,
        Now since) {}
