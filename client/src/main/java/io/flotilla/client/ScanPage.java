package io.flotilla.client;

import java.util.List;
import java.util.Optional;

/**
 * What one scan found: a consistent snapshot, in key order.
 *
 * @param resume where to go on if a limit stopped the scan; empty if the span is exhausted
 */
public record ScanPage(List<KeyValue> rows, Optional<byte[]> resume) {
    public ScanPage {
        rows = List.copyOf(rows);
    }
}
