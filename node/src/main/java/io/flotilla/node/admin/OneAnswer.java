package io.flotilla.node.admin;

import io.flotilla.config.id.NodeId;
import io.flotilla.node.transport.control.AdminReply;
import io.flotilla.range.routing.Scheduler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes on the first answer. What this node is asked by itself is bounded as what it is asked by others: a replica that stops, or is destroyed, before it
 * comes to its answer never gives one.
 *
 * <p>Thread-safe.
 */
final class OneAnswer implements Consumer<AdminReply> {
    private static final Logger LOG = LoggerFactory.getLogger(OneAnswer.class);

    private final Consumer<AdminReply> callback;
    private final AtomicBoolean given = new AtomicBoolean();

    private OneAnswer(Consumer<AdminReply> callback) {
        this.callback = callback;
    }

    /** Asks; {@code callback} is called once, when the time is up at the latest. */
    static void within(
            Duration timeout,
            NodeId asked,
            Scheduler scheduler,
            Consumer<AdminReply> callback,
            Consumer<Consumer<AdminReply>> question) {
        OneAnswer answer = new OneAnswer(callback);
        try {
            question.accept(answer);
        } catch (RuntimeException failure) {
            LOG.error("a call of {} to itself failed", asked, failure);
            answer.accept(AdminReply.failed(asked + " failed: " + failure.getMessage()));
        }
        if (!answer.given.get()) {
            scheduler.schedule(
                    TimeUnit.NANOSECONDS.toMicros(timeout.toNanos()),
                    () -> answer.accept(AdminReply.failed(asked + " did not answer in time")));
        }
    }

    @Override
    public void accept(AdminReply reply) {
        if (given.compareAndSet(false, true)) {
            callback.accept(reply);
        }
    }
}
