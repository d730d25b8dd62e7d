package io.flotilla.node.grpc;

import io.flotilla.config.kv.KvError;

/** Ends the reading of a request that is not well formed; turned into an answer where the reading began. Has no stack trace. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient KvError error;

    Refusal(KvError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    static Refusal invalid(String detail) {
        return new Refusal(new KvError.Invalid(detail));
    }

    static void checkLimit(String what, long actual, long limit) {
        if (actual > limit) {
            throw new Refusal(new KvError.TooLarge(what, actual, limit));
        }
    }

    KvError error() {
        return error;
    }
}
