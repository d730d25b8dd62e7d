package io.flotilla.config.flow;

import io.flotilla.v1.Request;

/** Which requests are let in, and sent, before others when there is too much. */
public final class UnderWay {
    private UnderWay() {}

    /** Whether it goes on with, ends or looks after something that was let in before; others may wait for its locks. */
    public static boolean isUnderWay(Request.KindCase kind) {
        return switch (kind) {
            case COMMIT, REFRESH, OUTCOME -> true;
            default -> false;
        };
    }
}
