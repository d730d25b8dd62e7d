package io.flotilla.node.liveness;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the core wants done after an event. The shell publishes {@link StoreLiveness#view} first, then does this, in any order. What must be durable
 * before it is said is held back in the core until {@link StoreLiveness#persisted}.
 *
 * @param send messages that may leave now
 * @param persist null if nothing changed; a newer one contains the older
 * @param facts in the order they became true
 */
public record LivenessReady(List<Outgoing> send, @Nullable Persist persist, List<LivenessFact> facts) {
    static final LivenessReady NOTHING = new LivenessReady(List.of(), null, List.of());

    public record Outgoing(int to, LivenessMessage message) {}

    /** When {@code state} is durable, the core hears {@link StoreLiveness#persisted} with this number. */
    public record Persist(long number, LivenessState state) {}
}
