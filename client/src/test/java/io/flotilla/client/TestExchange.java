package io.flotilla.client;

import io.flotilla.v1.Response;

/** Nobody waits for it. */
final class TestExchange extends Exchange {
    @Override
    void answered(Response response) {}

    @Override
    void failed(Failure failure) {}
}
