package io.flotilla.client;

import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to an answer. At any time it belongs to one owner: the thread that submits it, then a connection's inbox,
 * then that connection's loop. Exactly one of {@link #answered} and {@link #failed} follows each submission, on whatever thread finds
 * out; after it the exchange may be submitted again.
 */
abstract class Exchange {
    /** Kind filled in by the operation; id and timeout by the connection. */
    Request.@Nullable Builder request;

    long expiresAtNanos;

    /** The connection that failed it last, to be avoided if there is another. */
    @Nullable
    Connection avoid;

    // Below: the connection's.
    @Nullable
    Exchange next;

    long id;
    long sentAtNanos;

    abstract void answered(Response response);

    abstract void failed(Failure failure);
}
