package io.flotilla.range.routing;

/**
 * The router's bounds. Times in microseconds.
 *
 * @param backoffMicrosMin the longest pause after the first round over all replicas; doubles with each further round
 * @param backoffMicrosMax where the doubling ends
 * @param attemptMicrosMax what one replica gets at most, so that a dead one does not eat the whole deadline
 * @param lookupRows how many descriptors one look-up in the meta range fetches: the one that was asked for and its successors
 * @param seed of the jitter
 */
public record RoutingSettings(
        long backoffMicrosMin, long backoffMicrosMax, long attemptMicrosMax, int lookupRows, long seed) {

    public RoutingSettings {
        if (backoffMicrosMin <= 0 || backoffMicrosMax < backoffMicrosMin) {
            throw new IllegalArgumentException("back-off from " + backoffMicrosMin + " to " + backoffMicrosMax);
        }
        if (attemptMicrosMax <= 0 || lookupRows <= 0) {
            throw new IllegalArgumentException(
                    "attemptMicrosMax " + attemptMicrosMax + ", lookupRows " + lookupRows + " must be positive");
        }
    }

    public static RoutingSettings standard(long seed) {
        return new RoutingSettings(5_000, 100_000, 2_000_000, 8, seed);
    }
}
