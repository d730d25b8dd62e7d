package io.flotilla.node.admin;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.time.Timestamp;
import io.flotilla.range.lifecycle.TransactionPort;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Reads all descriptors from the meta range, in key order. Threading: callbacks run on the sender's threads. */
final class MetaScan {
    private static final long READ_TIMEOUT_MICROS = 3_000_000;

    /** For whoever committed a moment ago to be found out about. */
    private static final long SETTLED_TIMEOUT_MICROS = 1_000_000;

    private static final int DESCRIPTORS_PER_READ = 5_000;
    private static final long BYTES_PER_READ = 1_500_000;

    /** What becomes of intents that are met. */
    private enum Intents {
        PASSED_OVER,
        /** Found out about, and passed over from where that takes long. */
        IF_SOON,
        FOUND_OUT
    }

    private final KvSender sender;
    private final BiConsumer<List<RangeDescriptor>, TransactionPort.Seen> found;
    private final Consumer<KvError> failed;
    private final List<RangeDescriptor> descriptors = new ArrayList<>();

    /** When the first of them was read. */
    private Timestamp readAt = Timestamp.ZERO;

    private Intents intents;

    private long timeoutMicros;

    private MetaScan(
            KvSender sender,
            Intents intents,
            long timeoutMicros,
            BiConsumer<List<RangeDescriptor>, TransactionPort.Seen> found,
            Consumer<KvError> failed) {
        this.sender = sender;
        this.intents = intents;
        this.timeoutMicros = timeoutMicros;
        this.found = found;
        this.failed = failed;
    }

    /** Waits for nobody: passes over what is committed and not resolved yet. One of the two is called, once. */
    static void of(KvSender sender, Consumer<List<RangeDescriptor>> found, Consumer<KvError> failed) {
        new MetaScan(sender, Intents.PASSED_OVER, READ_TIMEOUT_MICROS, (ranges, seen) -> found.accept(ranges), failed)
                .from(KeySpace.METAS.start());
    }

    /**
     * Reads all that is committed, also what was committed a moment ago. What cannot be found out about soon is passed over: the range where a change
     * of descriptors is recorded may be down. For people, who want to know what is even then. One of the two is called, once.
     */
    static void settled(KvSender sender, Consumer<List<RangeDescriptor>> found, Consumer<KvError> failed) {
        settledAndSeen(sender, (ranges, seen) -> found.accept(ranges), failed);
    }

    /** As {@link #settled}, with what a transaction that goes by it must have seen; nothing if something was passed over. */
    static void settledAndSeen(
            KvSender sender, BiConsumer<List<RangeDescriptor>, TransactionPort.Seen> found, Consumer<KvError> failed) {
        new MetaScan(sender, Intents.IF_SOON, SETTLED_TIMEOUT_MICROS, found, failed).from(KeySpace.METAS.start());
    }

    /**
     * Reads all that is committed, or fails: for whoever decides by what is not there. One of the two is called, once.
     *
     * @param timeoutMicros for each of the reads
     */
    static void whole(
            KvSender sender, long timeoutMicros, Consumer<List<RangeDescriptor>> found, Consumer<KvError> failed) {
        new MetaScan(sender, Intents.FOUND_OUT, timeoutMicros, (ranges, seen) -> found.accept(ranges), failed)
                .from(KeySpace.METAS.start());
    }

    private void from(Key start) {
        Span span = new Span(start, KeySpace.METAS.end());
        KvOp scan = new KvOp.Scan(span, DESCRIPTORS_PER_READ, BYTES_PER_READ, intents == Intents.PASSED_OVER);
        sender.send(new KvBatch(KvHeader.standalone(timeoutMicros), List.of(scan)), reply -> read(start, reply));
    }

    private void read(Key start, KvReply reply) {
        if (reply instanceof KvReply.Refused refused) {
            if (intents == Intents.IF_SOON && !(refused.error() instanceof KvError.Unavailable)) {
                intents = Intents.PASSED_OVER;
                timeoutMicros = READ_TIMEOUT_MICROS;
                from(start);
            } else {
                failed.accept(refused.error());
            }
        } else if (reply instanceof KvReply.Done done && done.results().get(0) instanceof KvResult.Scanned scanned) {
            for (KvResult.Row row : scanned.rows()) {
                descriptors.add(RangeDescriptorCodec.decode(row.value().bytes()));
            }
            readAt = readAt.isSet() ? readAt : done.timestamp();
            Key resume = scanned.resume();
            if (resume == null) {
                found.accept(
                        descriptors,
                        intents == Intents.PASSED_OVER
                                ? TransactionPort.Seen.NOTHING
                                : new TransactionPort.Seen(readAt, List.of(KeySpace.METAS)));
            } else {
                from(resume);
            }
        }
    }
}
