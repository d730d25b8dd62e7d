package io.flotilla.client.load;

import io.flotilla.client.load.check.Anomaly;
import java.util.List;

/**
 * Whether a load's histories are those of a serializable store whose keys are linearizable.
 *
 * @param rounds whose histories were checked
 * @param committed transactions that were acknowledged; those that only read, too
 * @param aborted transactions and attempts of which it is proven that they have no effect
 * @param unknown transactions of which their client was not told
 * @param appends acknowledged
 * @param reads of lists, by whatever transactions
 * @param anomalies what is wrong; empty if nothing is
 */
public record AppendVerdict(
        long rounds, long committed, long aborted, long unknown, long appends, long reads, List<Anomaly> anomalies) {
    public AppendVerdict {
        anomalies = List.copyOf(anomalies);
    }

    public boolean ok() {
        return anomalies.isEmpty();
    }
}
