package io.flotilla.txn.participant;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.txn.TxnId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who holds and who waits for which key. Requests that evaluate or are in the log hold; the others wait in order of arrival.
 *
 * <p>Rules: a write waits for any holder of its key and for whoever waits for it already; a read waits only for writes that it must see, because it is
 * over within one turn and so delays nobody. Waiting goes from later to earlier arrivals or to holders, and holders do not wait: no cycle.
 */
final class LatchTable {
    /** One key, or one transaction record. */
    private static final class Slot {
        /** The one that holds it for writing. */
        private @Nullable Request writer;

        private final List<Request> waitingWriters = new ArrayList<>(0);

        /** Evaluating or waiting. */
        private final List<Request> readers = new ArrayList<>(0);

        private boolean isFree() {
            return writer == null && waitingWriters.isEmpty() && readers.isEmpty();
        }

        private boolean blocksWriter(Request request) {
            if (writer != null && writer != request) {
                return true;
            }
            if (!waitingWriters.isEmpty() && waitingWriters.get(0).sequence < request.sequence) {
                return true;
            }
            for (Request reader : readers) {
                if (readerBlocksWriter(reader, request)) {
                    return true;
                }
            }
            return false;
        }

        private boolean blocksReader(Request request) {
            Request holder = writer;
            return holder != null
                    && holder != request
                    && (holder.state == Request.State.EVALUATING || !holder.writesAt.isAfter(request.readLimit()));
        }

        private void collect(List<Request> candidates) {
            for (Request reader : readers) {
                if (reader.state == Request.State.WAITING_FOR_LATCH) {
                    candidates.add(reader);
                }
            }
            if (!waitingWriters.isEmpty()) {
                candidates.add(waitingWriters.get(0));
            }
        }
    }

    private final TreeMap<Key, Slot> keys = new TreeMap<>();
    private final Map<TxnId, Slot> records = new HashMap<>();

    /** Requests with ranged reads, evaluating or waiting. */
    private final List<Request> scanners = new ArrayList<>();

    boolean isEmpty() {
        return keys.isEmpty() && records.isEmpty() && scanners.isEmpty();
    }

    /** Whether {@code request} must wait for somebody. */
    boolean blocks(Request request) {
        RequestSpans spans = request.spans();
        for (Key key : spans.writes()) {
            Slot slot = keys.get(key);
            if (slot != null && slot.blocksWriter(request) || scannerBlocksWriter(key, request)) {
                return true;
            }
        }
        for (TxnId id : spans.records()) {
            Slot slot = records.get(id);
            if (slot != null && slot.blocksWriter(request)) {
                return true;
            }
        }
        for (Key key : spans.reads()) {
            Slot slot = keys.get(key);
            if (slot != null && slot.blocksReader(request)) {
                return true;
            }
        }
        for (Span span : spans.ranges()) {
            for (Slot slot : keys.subMap(span.start(), span.end()).values()) {
                if (slot.blocksReader(request)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Enters {@code request} as holder or as waiting, by its state; call again when a waiting one became a holder. */
    void enter(Request request) {
        RequestSpans spans = request.spans();
        for (Key key : spans.writes()) {
            enterWriter(keys.computeIfAbsent(key, k -> new Slot()), request);
        }
        for (TxnId id : spans.records()) {
            enterWriter(records.computeIfAbsent(id, k -> new Slot()), request);
        }
        if (request.state == Request.State.LATCHED) {
            return; // its reads are over
        }
        for (Key key : spans.reads()) {
            Request.insert(keys.computeIfAbsent(key, k -> new Slot()).readers, request);
        }
        if (!spans.ranges().isEmpty()) {
            Request.insert(scanners, request);
        }
    }

    /** Forgets {@code request} and adds to {@code candidates} who may be able to go on now. */
    void leave(Request request, List<Request> candidates) {
        RequestSpans spans = request.spans();
        leaveReads(request);
        for (Key key : spans.writes()) {
            Slot slot = keys.get(key);
            if (slot != null) {
                leaveWriter(slot, request);
            }
        }
        for (TxnId id : spans.records()) {
            Slot slot = records.get(id);
            if (slot != null) {
                leaveWriter(slot, request);
            }
        }
        collectAndTidy(spans, candidates);
    }

    /** The evaluation of {@code request} is over and where it writes is known: reads below need not wait for it. */
    void latched(Request request, List<Request> candidates) {
        leaveReads(request);
        collectAndTidy(request.spans(), candidates);
    }

    void clear() {
        keys.clear();
        records.clear();
        scanners.clear();
    }

    private void leaveReads(Request request) {
        for (Key key : request.spans().reads()) {
            Slot slot = keys.get(key);
            if (slot != null) {
                slot.readers.remove(request);
            }
        }
        if (!request.spans().ranges().isEmpty()) {
            scanners.remove(request);
        }
    }

    private void collectAndTidy(RequestSpans spans, List<Request> candidates) {
        for (Key key : spans.writes()) {
            collectAndTidy(keys, key, candidates);
            for (Request scanner : scanners) {
                if (scanner.state == Request.State.WAITING_FOR_LATCH && scanner.scans(key)) {
                    candidates.add(scanner);
                }
            }
        }
        for (TxnId id : spans.records()) {
            collectAndTidy(records, id, candidates);
        }
        for (Key key : spans.reads()) {
            collectAndTidy(keys, key, candidates);
        }
        for (Span span : spans.ranges()) {
            for (Slot slot : keys.subMap(span.start(), span.end()).values()) {
                slot.collect(candidates);
            }
        }
    }

    private static <K> void collectAndTidy(Map<K, Slot> slots, K name, List<Request> candidates) {
        Slot slot = slots.get(name);
        if (slot == null) {
            return;
        }
        if (slot.isFree()) {
            slots.remove(name);
        } else {
            slot.collect(candidates);
        }
    }

    private boolean scannerBlocksWriter(Key key, Request request) {
        for (Request scanner : scanners) {
            if (readerBlocksWriter(scanner, request) && scanner.scans(key)) {
                return true;
            }
        }
        return false;
    }

    /** A write that could not be seen anyway need not wait for a waiting reader. */
    private static boolean readerBlocksWriter(Request reader, Request writer) {
        if (reader == writer) {
            return false;
        }
        return switch (reader.state) {
            case EVALUATING -> true;
            case WAITING_FOR_LATCH ->
                reader.sequence < writer.sequence
                        && !reader.readLimit().isBefore(writer.batch.header().timestamp());
            case LATCHED, WAITING_FOR_LOCK, GONE -> false;
        };
    }

    private static void enterWriter(Slot slot, Request request) {
        if (request.state == Request.State.WAITING_FOR_LATCH) {
            Request.insert(slot.waitingWriters, request);
        } else {
            slot.writer = request;
            slot.waitingWriters.remove(request);
        }
    }

    private static void leaveWriter(Slot slot, Request request) {
        if (slot.writer == request) {
            slot.writer = null;
        } else {
            slot.waitingWriters.remove(request);
        }
    }
}
