package io.flotilla.node.grpc;

import io.flotilla.config.kv.KvSender;
import io.flotilla.config.time.HybridClock;
import io.flotilla.txn.coordinator.TxnCoordinator;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import java.util.function.Consumer;

/** A node's data service without a wire. */
public final class LabGateway {
    private final KvRequests requests;

    public LabGateway(KvSender sender, TxnCoordinator coordinator, HybridClock clock) {
        this.requests = new KvRequests(sender, coordinator, clock, () -> true);
    }

    public void handle(Request request, Consumer<Response> callback) {
        requests.handle(request, callback);
    }
}
