package io.flotilla.node.replica;

import io.flotilla.v1.Error;
import io.flotilla.v1.Request;
import io.flotilla.v1.Response;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request of a client to one gateway of a {@link TxnWorld}, and the answer or its loss, which comes exactly once. */
final class TxnCall {
    /** Why there is no result, in the terms of the client library. */
    record Failure(
            Error.Code kind,
            boolean maybeExecuted,
            boolean sent,
            long retryTimestamp,
            long retryAfterMillis,
            String text) {
        static Failure of(Error error) {
            return new Failure(
                    error.getCode(),
                    error.getMaybeExecuted() || error.getCode() == Error.Code.OUTCOME_UNKNOWN,
                    true,
                    error.getRetryTimestamp(),
                    error.getRetryAfterMs(),
                    error.getMessage());
        }

        static Failure lost(boolean sent) {
            return new Failure(Error.Code.UNAVAILABLE, sent, sent, 0, 0, "lost");
        }

        boolean isTransient() {
            return switch (kind) {
                case CONFLICT, READ_UNCERTAIN, DEADLINE, NO_QUORUM, UNAVAILABLE, OVERLOADED, OUTCOME_UNKNOWN -> true;
                default -> false;
            };
        }

        boolean isTransactionsOwn() {
            return kind == Error.Code.CONFLICT || kind == Error.Code.READ_UNCERTAIN;
        }
    }

    interface Answer {
        /** One of the two is null. */
        void accept(@Nullable Response response, @Nullable Failure failure);
    }

    private final TxnWorld world;
    private @Nullable Answer answer;
    private @Nullable TxnProcess asked;
    private final Runnable farewell = () -> end(null, Failure.lost(true));

    private TxnCall(TxnWorld world, Answer answer) {
        this.world = world;
        this.answer = answer;
    }

    /** Asks whichever node it hits upon; the answer is waited for so long. */
    static void send(TxnWorld world, SplittableRandom random, Request.Builder request, long micros, Answer answer) {
        TxnCall call = new TxnCall(world, answer);
        Request wanted = request.setTimeoutMs((int) Math.max(1, micros / 1_000)).build();
        TxnNode node = world.node(1 + random.nextInt(world.nodes.size()));
        world.time.after(world.clientDelayMicros(), 0, () -> call.arrive(node, wanted));
        world.time.after(micros, 0, () -> call.end(null, Failure.lost(true)));
    }

    private void arrive(TxnNode node, Request request) {
        TxnProcess process = node.process;
        if (process == null) {
            end(null, Failure.lost(false));
        } else if (answer != null) {
            asked = process;
            process.onEnd(farewell);
            node.run(process, () -> process.gateway.handle(request, leaving(process)));
        }
    }

    private Consumer<Response> leaving(TxnProcess process) {
        return response -> {
            if (process.node.process == process) {
                world.time.after(process.stallMicros() + world.clientDelayMicros(), 0, () -> {
                    if (response.hasError()) {
                        end(null, Failure.of(response.getError()));
                    } else {
                        end(response, null);
                    }
                });
            }
        };
    }

    private void end(@Nullable Response response, @Nullable Failure failure) {
        Answer waiting = answer;
        if (waiting != null) {
            answer = null;
            if (asked != null) {
                asked.forgetEnd(farewell);
            }
            waiting.accept(response, failure);
        }
    }
}
