package io.flotilla.node;

import io.flotilla.node.grpc.GrpcServer;
import io.flotilla.node.log.ChronicleLog;
import io.flotilla.node.storage.RocksEngine;
import io.flotilla.node.transport.NodeSystem;

/**
 * What every start of a server needs whatever it is told, made ready by other threads while this is read. Whoever needs a part of it finds it there or
 * makes it; so if anything fails here, it fails again where it is needed, and is told there.
 */
final class Preloading {
    private Preloading() {}

    static void begin() {
        begin("flotilla-preload-wire", NodeSystem::preload);
        begin("flotilla-preload-engine", RocksEngine::preload);
        begin("flotilla-preload-log", () -> {
            ChronicleLog.preload();
            GrpcServer.preload();
        });
    }

    private static void begin(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((failed, failure) -> {}); // see above
        thread.start();
    }
}
