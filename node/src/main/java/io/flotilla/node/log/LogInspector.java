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

        /** Hard state and entries that were still needed, written once more, and after what the log begins. */
        record Moved(long range, long baseIndex, long baseTerm, Persist persist) implements Part {}

        /** Records before {@code neededFrom} may be gone. */
        record Started(long neededFrom) implements Part {
            @Override
            public long range() {
                return 0;
            }
        }

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
     * @param lost records that are missing, or damaged so that no crash can have left them so: acknowledged entries may have been in them
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

    /** Larger than any; how large a record may be is the settings' business. */
    private static final int RECORD_BYTES_MAX = Integer.MAX_VALUE >> 1;

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
        PartReader part = PartReader.ofRecord(record);
        while (part.next()) {
            switch (part.kind()) {
                case GroupRecord.COMPACT -> parts.add(new Part.Compacted(part.range(), part.number(), part.number()));
                case GroupRecord.REMOVE -> parts.add(new Part.Removed(part.range()));
                case GroupRecord.START -> parts.add(new Part.Started(part.number()));
                case GroupRecord.MOVED ->
                    parts.add(new Part.Moved(part.range(), part.number(), part.number(), part.persist()));
                default -> parts.add(new Part.Persisted(part.range(), part.persist()));
            }
        }
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
        List<Path> files = files(data);
        if (files.isEmpty()) {
            return verification.verdict(0);
        }
        if (verification.lost.isEmpty()) {
            // What is damaged outside of the records, or at the beginning of one, the reading above passes over.
            verification.checkAsAServer(files);
        } else if (!verification.broken.isEmpty()) {
            verification.checkAsAServer(files.subList(files.size() - 1, files.size()));
        }
        return verification.verdict(files.size());
    }

    private static final class Verification implements Listener {
        private final TreeMap<Long, RangeHistory> ranges = new TreeMap<>();
        private final TreeMap<Long, List<String>> damage = new TreeMap<>();
        private final List<Path> files = new ArrayList<>();
        private final List<String> lost = new ArrayList<>();
        private final List<String> broken = new ArrayList<>();
        private long records;
        private long bytes;
        private long previous = -1;
        private long first = -1;
        private long neededFrom = -1;

        @Override
        public void record(Path file, long position, long sequence, int length, List<Part> parts) {
            String place = file.getFileName() + ":" + position;
            records++;
            bytes += length;
            if (first < 0) {
                first = sequence;
            }
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
            if (files.isEmpty() || !file.equals(files.get(files.size() - 1))) {
                files.add(file);
            }
            for (Part part : parts) {
                take(part, Place.of(files.size() - 1, position));
            }
        }

        private void take(Part part, long place) {
            if (part instanceof Part.Started started) {
                neededFrom = started.neededFrom();
                return;
            }
            RangeHistory range = ranges.computeIfAbsent(part.range(), id -> new RangeHistory());
            if (part instanceof Part.Persisted persisted) {
                persist(part.range(), range, persisted.persist(), place, false);
            } else if (part instanceof Part.Compacted compacted) {
                range.compact(compacted.index(), compacted.term(), place);
            } else if (part instanceof Part.Moved moved) {
                range.compact(moved.baseIndex(), moved.baseTerm(), place);
                persist(part.range(), range, moved.persist(), place, true);
            } else {
                ranges.remove(part.range());
            }
        }

        private void persist(long id, RangeHistory range, Persist persist, long place, boolean moved) {
            HardState hardState = persist.hardState();
            if (hardState != null) {
                if (hardState.term() < range.hardState().term()) {
                    damage(
                            id,
                            "the term goes back from " + range.hardState().term() + " to " + hardState.term() + " at "
                                    + describe(place));
                }
                range.hardState(hardState, place);
            }
            LogReset reset = persist.reset();
            if (reset != null) {
                range.reset(reset.index(), reset.term(), place);
            }
            for (LogEntry entry : persist.entries()) {
                if (moved) {
                    range.moved(entry.index(), entry.term(), place, entry.size());
                } else {
                    range.append(entry.index(), entry.term(), place, entry.size());
                }
            }
        }

        private void damage(long range, String what) {
            damage.computeIfAbsent(range, id -> new ArrayList<>()).add(what);
        }

        private String describe(long place) {
            return files.get(Place.cycle(place)).getFileName() + ":" + Place.position(place);
        }

        @Override
        public void broken(Path file, long position) {
            broken.add(file.getFileName() + ":" + position);
        }

        /** What is not whole at the end is harmless only if a crash can have left it so; a server decides by the same scan. */
        void checkAsAServer(List<Path> read) throws IOException {
            List<CycleScan.Found> ends = new ArrayList<>();
            long next = -1;
            try {
                for (Path each : read) {
                    CycleScan.Found found = CycleScan.scan(each, 0, RECORD_BYTES_MAX);
                    if (found.firstSequence() >= 0) {
                        unreached(each, next, found.firstSequence());
                        next = found.lastSequence() + 1;
                        ends.clear();
                    }
                    ends.add(found);
                }
                if (next >= 0 || read.size() == files.size()) {
                    for (CycleScan.Found last : ends) {
                        int most = (int) Math.min(RECORD_BYTES_MAX, Files.size(last.file()));
                        TornEnd.check(last.file(), last.end(), Math.max(0, next), most);
                    }
                }
            } catch (LogCorruptException damaged) {
                lost.add(String.valueOf(damaged.getMessage()));
                broken.clear();
            }
        }

        /** A server comes to records by the queue's headers alone. */
        private static void unreached(Path file, long next, long first) {
            if (next >= 0 && first != next) {
                throw new LogCorruptException("the log is damaged before " + file + ": records " + next + " to "
                        + (first - 1) + " are there, but a header before them is not what was written");
            }
        }

        Verdict verdict(int fileCount) {
            if (first > neededFrom) {
                lost.add("records " + Math.max(0, neededFrom) + " to " + (first - 1)
                        + " are missing before the first file");
            }
            List<RangeSummary> summaries = new ArrayList<>();
            ranges.forEach((id, range) -> {
                String missing = range.damage(this::describe);
                if (!missing.isEmpty()) {
                    damage(id, missing);
                }
                summaries.add(new RangeSummary(
                        id,
                        range.baseIndex() + 1,
                        range.lastIndex(),
                        range.lastTerm(),
                        range.hardState(),
                        damage.getOrDefault(id, List.of())));
            });
            return new Verdict(fileCount, records, bytes, lost, broken, summaries);
        }
    }
}
