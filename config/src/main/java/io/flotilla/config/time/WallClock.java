package io.flotilla.config.time;

import java.time.Instant;

/** Physical time: microseconds since 1970. May jump; nothing but {@link HybridClock} reads it. */
@FunctionalInterface
public interface WallClock {
    long unixMicros();

    /** The operating system's clock. */
    static WallClock system() {
        return () -> {
            Instant now = Instant.now();
            return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
        };
    }
}
