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
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Reads all descriptors from the meta range, in key order, waiting for nobody. Threading: callbacks run on the sender's threads. */
final class MetaScan {
    private static final long READ_TIMEOUT_MICROS = 3_000_000;
    private static final int DESCRIPTORS_PER_READ = 5_000;
    private static final long BYTES_PER_READ = 1_500_000;

    private final KvSender sender;
    private final Consumer<List<RangeDescriptor>> found;
    private final Consumer<KvError> failed;
    private final List<RangeDescriptor> descriptors = new ArrayList<>();

    private MetaScan(KvSender sender, Consumer<List<RangeDescriptor>> found, Consumer<KvError> failed) {
        this.sender = sender;
        this.found = found;
        this.failed = failed;
    }

    /** One of the two is called, once. */
    static void of(KvSender sender, Consumer<List<RangeDescriptor>> found, Consumer<KvError> failed) {
        new MetaScan(sender, found, failed).from(KeySpace.METAS.start());
    }

    private void from(Key start) {
        KvOp scan = KvOp.Scan.inconsistent(new Span(start, KeySpace.METAS.end()), DESCRIPTORS_PER_READ, BYTES_PER_READ);
        sender.send(new KvBatch(KvHeader.standalone(READ_TIMEOUT_MICROS), List.of(scan)), this::read);
    }

    private void read(KvReply reply) {
        if (reply instanceof KvReply.Refused refused) {
            failed.accept(refused.error());
        } else if (reply instanceof KvReply.Done done && done.results().get(0) instanceof KvResult.Scanned scanned) {
            for (KvResult.Row row : scanned.rows()) {
                descriptors.add(RangeDescriptorCodec.decode(row.value().bytes()));
            }
            Key resume = scanned.resume();
            if (resume == null) {
                found.accept(descriptors);
            } else {
                from(resume);
            }
        }
    }
}
