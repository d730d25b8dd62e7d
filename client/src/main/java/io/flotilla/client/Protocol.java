package io.flotilla.client;

import io.flotilla.config.txn.TxnId;
import io.flotilla.v1.OutcomeResult;
import io.flotilla.v1.Row;
import io.flotilla.v1.ScanResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Between the public protocol's types and the library's. */
final class Protocol {
    private Protocol() {}

    static io.flotilla.v1.TxnId id(TxnId id) {
        return io.flotilla.v1.TxnId.newBuilder()
                .setHigh(id.high())
                .setLow(id.low())
                .build();
    }

    static TxnId randomId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new TxnId(random.nextLong(), random.nextLong());
    }

    static Outcome outcome(OutcomeResult result) {
        Outcome.Status status = switch (result.getStatus()) {
            case COMMITTED -> Outcome.Status.COMMITTED;
            case ABORTED -> Outcome.Status.ABORTED;
            case PENDING -> Outcome.Status.PENDING;
            default -> Outcome.Status.UNKNOWN;
        };
        return new Outcome(status, result.getCommitTimestamp());
    }

    static KeyValue row(Row row) {
        return new KeyValue(row.getKey().toByteArray(), row.getValue().toByteArray());
    }

    static ScanPage page(ScanResult result) {
        List<KeyValue> rows = new ArrayList<>(result.getRowsCount());
        for (Row row : result.getRowsList()) {
            rows.add(row(row));
        }
        return new ScanPage(
                rows, result.hasResume() ? Optional.of(result.getResume().toByteArray()) : Optional.empty());
    }
}
