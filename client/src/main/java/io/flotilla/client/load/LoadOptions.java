package io.flotilla.client.load;

import java.time.Duration;

/**
 * How a load runs. Values; each method returns a changed copy.
 *
 * @param clients threads that send at the same time
 * @param duration when to stop; zero means only {@code opsMax} stops it
 * @param opsMax operations after which to stop; 0 means only {@code duration} stops it
 * @param opsPerSecond open loop at this rate, latency counted from the intended start; 0 means closed loop
 * @param seed the same seed gives each client the same sequence of choices
 */
public record LoadOptions(int clients, Duration duration, long opsMax, double opsPerSecond, long seed) {
    public static final LoadOptions DEFAULT = new LoadOptions(16, Duration.ofSeconds(10), 0, 0, 1);

    public LoadOptions {
        if (clients < 1) {
            throw new IllegalArgumentException("clients is below 1: " + clients);
        }
    }

    public LoadOptions clients(int clients) {
        return new LoadOptions(clients, duration, opsMax, opsPerSecond, seed);
    }

    public LoadOptions duration(Duration duration) {
        return new LoadOptions(clients, duration, opsMax, opsPerSecond, seed);
    }

    public LoadOptions opsMax(long opsMax) {
        return new LoadOptions(clients, duration, opsMax, opsPerSecond, seed);
    }

    public LoadOptions opsPerSecond(double opsPerSecond) {
        return new LoadOptions(clients, duration, opsMax, opsPerSecond, seed);
    }

    public LoadOptions seed(long seed) {
        return new LoadOptions(clients, duration, opsMax, opsPerSecond, seed);
    }
}
