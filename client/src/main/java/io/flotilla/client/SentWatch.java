package io.flotilla.client;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;

/**
 * Tells whether one call got as far as a connection. A call that failed before that was certainly not executed, whatever its status says: a deadline that
 * passes while the channel still connects has the same status as one that passes while the server works. Safe for any thread.
 */
final class SentWatch extends ClientStreamTracer.Factory implements ClientInterceptor {
    private volatile boolean sent;

    boolean sent() {
        return sent;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return next.newCall(method, options.withStreamTracerFactory(this));
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
        return new ClientStreamTracer() {
            /** The stream on a connection that stands, before the first byte: who fails later may have been heard. */
            @Override
            public void streamCreated(Attributes connection, Metadata request) {
                sent = true;
            }
        };
    }
}
