package io.flotilla.node.log;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.Ready.LogReset;
import io.flotilla.node.raft.Ready.Persist;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Reads the files of a stopped store's log, or of a copy of one, without changing a byte and without the queue: it looks for records itself, so it
 * goes on behind damage that keeps a store from starting.
 *
 * <p>Threading: one thread; nothing else may write to the files meanwhile.
 */
public final class LogInspector {
    private static final int ALIGNMENT = 4;
    private static final int WINDOW_BYTES = 8 << 20;

    /** Told of what is found, file by file in the order of writing. */
    public interface Listener {
        /** A whole record; {@code parts} in the order in which they were written. */
        void record(Path file, long position, long sequence, int bytes, List<Part> parts);

        /** Something that began like a record and is not whole. */
        void broken(Path file, long position);
    }

    /** One thing that one range wanted written. */
    public sealed interface Part {
        long range();

        /** Entries, hard state or a reset. */
        record Persisted(long range, Persist persist) implements Part {}

        /** The log up to and including {@code index} was given up. */
        record Compacted(long range, long index, long term) implements Part {}

        /** The range left this store. */
        record Removed(long range) implements Part {}
    }

    /** How a range's log looks after everything was read. {@code damage} is empty if it joins up. */
    public record RangeSummary(
            long range, long firstIndex, long lastIndex, long lastTerm, HardState hardState, List<String> damage) {
        public RangeSummary {
            damage = List.copyOf(damage);
        }
    }

    /**
     * @param lost sequence numbers of records that are missing or damaged and have whole ones behind them: acknowledged entries may have been in them
     * @param torn places of records that are not whole with nothing behind: what a crash leaves, and harmless
     */
    public record Verdict(
            int files, long records, long bytes, List<String> lost, List<String> torn, List<RangeSummary> ranges) {
        public Verdict {
            lost = List.copyOf(lost);
            torn = List.copyOf(torn);
            ranges = List.copyOf(ranges);
        }

        public boolean isSound() {
            return lost.isEmpty()
                    && ranges.stream().allMatch(range -> range.damage().isEmpty());
        }
    }

    private LogInspector() {}

    /** The cycle files below a store's data directory (or its log directory itself), oldest first. */
    public static List<Path> files(Path data) throws IOException {
        Path directory = Files.isDirectory(data.resolve("log")) ? data.resolve("log") : data;
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().endsWith(CycleFiles.SUFFIX))
                    .sorted()
                    .toList();
        }
    }

    /** Looks at every record. */
    public static void read(Path data, Listener listener) throws IOException {
        for (Path file : files(data)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                read(file, channel, listener);
            }
        }
    }

    private static void read(Path file, FileChannel channel, Listener listener) throws IOException {
        ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long size = channel.size();
        long at = 0;
        long windowAt = 0;
        window.limit(0);
        while (at + GroupRecord.HEADER_BYTES <= size) {
            if (at < windowAt || at + GroupRecord.HEADER_BYTES > windowAt + window.limit()) {
                windowAt = at;
                window.clear();
                fill(channel, window, at);
            }
            int here = (int) (at - windowAt);
            if (window.getInt(here) != GroupRecord.MAGIC) {
                at += ALIGNMENT;
                continue;
            }
            int length = window.getInt(here + 2 * Integer.BYTES);
            ByteBuffer record = length < 0 || at + GroupRecord.HEADER_BYTES + length > size
                    ? null
                    : GroupRecord.verified(bytes(channel, at, GroupRecord.HEADER_BYTES + length));
            if (record == null) {
                listener.broken(file, at);
                at += ALIGNMENT;
            } else {
                int bytes = GroupRecord.HEADER_BYTES + length;
                listener.record(file, at, GroupRecord.sequence(record), bytes, parts(record));
                at += (bytes + ALIGNMENT - 1) & -ALIGNMENT;
            }
        }
    }

    private static List<Part> parts(ByteBuffer record) {
        List<Part> parts = new ArrayList<>();
        GroupRecord.visit(record, new GroupRecord.Visitor() {
            @Override
            public void persist(long range, Persist persist) {
                parts.add(new Part.Persisted(range, persist));
            }

            @Override
            public void compact(long range, long index, long term) {
                parts.add(new Part.Compacted(range, index, term));
            }

            @Override
            public void remove(long range) {
                parts.add(new Part.Removed(range));
            }
        });
        return parts;
    }

    private static byte[] bytes(FileChannel channel, long at, int length) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(length);
        fill(channel, whole, at);
        return whole.array();
    }

    private static void fill(FileChannel channel, ByteBuffer into, long at) throws IOException {
        while (into.hasRemaining()) {
            int count = channel.read(into, at + into.position());
            if (count < 0) {
                break;
            }
        }
        into.flip();
    }

    /** Reads everything and says whether anything that was acknowledged may be missing. */
    public static Verdict verify(Path data) throws IOException {
        Verification verification = new Verification();
        read(data, verification);
        return verification.verdict(files(data).size());
    }

    /** What one range's records add up to. */
    private static final class RangeState {
        long base;
        long last;
        long lastTerm;
        HardState hardState = HardState.INITIAL;
        final List<String> damage = new ArrayList<>();

        void take(Persist persist, String place) {
            if (persist.hardState() != null) {
                if (persist.hardState().term() < hardState.term()) {
                    damage.add("the term goes back from " + hardState.term() + " to "
                            + persist.hardState().term() + " at " + place);
                }
                hardState = persist.hardState();
            }
            LogReset reset = persist.reset();
            if (reset != null) {
                base = reset.index();
                last = reset.index();
                lastTerm = reset.term();
            }
            for (LogEntry entry : persist.entries()) {
                if (entry.index() > last + 1) {
                    damage.add("entries " + (last + 1) + " to " + (entry.index() - 1) + " are missing before " + place);
                }
                last = entry.index();
                lastTerm = entry.term();
            }
        }

        void compact(long index, long term) {
            base = Math.max(base, index);
            if (last < index) {
                last = index;
                lastTerm = term;
            }
        }
    }

    private static final class Verification implements Listener {
        private final TreeMap<Long, RangeState> ranges = new TreeMap<>();
        private final List<String> lost = new ArrayList<>();
        private final List<String> broken = new ArrayList<>();
        private long records;
        private long bytes;
        private long previous = -1;

        @Override
        public void record(Path file, long position, long sequence, int length, List<Part> parts) {
            String place = file.getFileName() + ":" + position;
            records++;
            bytes += length;
            if (previous >= 0 && sequence != previous + 1) {
                String damaged = broken.isEmpty() ? "" : ", damaged at " + String.join(", ", broken);
                lost.add((sequence > previous + 1
                                ? "records " + (previous + 1) + " to " + (sequence - 1) + " are missing"
                                : "record " + sequence + " follows record " + previous)
                        + " before " + place + damaged);
            }
            // What is not whole and was written over by a later start with the very next number was a torn end.
            broken.clear();
            previous = sequence;
            for (Part part : parts) {
                if (part instanceof Part.Persisted persisted) {
                    ranges.computeIfAbsent(part.range(), id -> new RangeState()).take(persisted.persist(), place);
                } else if (part instanceof Part.Compacted compacted) {
                    ranges.computeIfAbsent(part.range(), id -> new RangeState())
                            .compact(compacted.index(), compacted.term());
                } else {
                    ranges.remove(part.range());
                }
            }
        }

        @Override
        public void broken(Path file, long position) {
            broken.add(file.getFileName() + ":" + position);
        }

        Verdict verdict(int files) {
            List<RangeSummary> summaries = new ArrayList<>();
            for (Map.Entry<Long, RangeState> each : ranges.entrySet()) {
                RangeState state = each.getValue();
                summaries.add(new RangeSummary(
                        each.getKey(), state.base + 1, state.last, state.lastTerm, state.hardState, state.damage));
            }
            return new Verdict(files, records, bytes, lost, broken, summaries);
        }
    }
}
