package io.flotilla.node.snapshot;

import io.flotilla.node.disk.Disk;
import io.flotilla.node.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Where snapshots wait on this store's disk: {@code range-N.part} while they come in, {@code range-N.snapshot} when they are whole. */
public final class SnapshotFiles {
    private static final String PART = ".part";
    private static final String WHOLE = ".snapshot";

    private final Disk disk;
    private final Path directory;
    private final SnapshotStep.Watch watch;

    public SnapshotFiles(Disk disk, Path directory) {
        this(disk, directory, SnapshotStep.Watch.NONE);
    }

    /** @param watch is told of each step */
    public SnapshotFiles(Disk disk, Path directory, SnapshotStep.Watch watch) {
        this.disk = disk;
        this.directory = directory;
        this.watch = watch;
    }

    public SnapshotStep.Watch watch() {
        return watch;
    }

    /** The complete snapshot of that range, if there is one that can be opened. */
    public Optional<StagedSnapshot> whole(long range) {
        Path file = directory.resolve(name(range, WHOLE));
        return Files.isRegularFile(file) ? StagedSnapshot.open(file) : Optional.empty();
    }

    /** What a crash left behind: nobody will ask for it. */
    public void removeAll() throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        List<Path> left = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file ->
                            file.toString().endsWith(PART) || file.toString().endsWith(WHOLE))
                    .forEach(left::add);
        }
        for (Path file : left) {
            disk.delete(file);
        }
    }

    /** A snapshot that is used up. */
    public void remove(StagedSnapshot snapshot) throws IOException {
        deleteIfThere(snapshot.file());
        watch.done(SnapshotStep.REMOVED);
    }

    Part create(SnapshotHeader header) throws IOException {
        makeDirectory();
        Part part = new Part(header);
        watch.done(SnapshotStep.OPENED);
        return part;
    }

    /** Its name must be as durable as what is installed from it. */
    private void makeDirectory() throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory);
            Path parent = directory.toAbsolutePath().getParent();
            if (parent != null) {
                disk.forceDirectory(parent);
            }
        }
    }

    private void deleteIfThere(Path file) throws IOException {
        if (Files.exists(file)) {
            disk.delete(file);
        }
    }

    private static String name(long range, String ending) {
        return "range-" + range + ending;
    }

    /** A file that is being written. */
    final class Part {
        private final SnapshotHeader header;
        private final Path file;
        private final DiskFile out;
        private long length;
        private int chunks;
        private long chain;

        private Part(SnapshotHeader header) throws IOException {
            this.header = header;
            this.file = directory.resolve(name(header.range(), PART));
            this.chain = ChunkData.chainStart(header);
            deleteIfThere(file);
            this.out = disk.open(file);
            try {
                write(StagedSnapshot.encodeHead(header));
            } catch (IOException e) {
                drop();
                throw e;
            }
        }

        private void write(ByteBuffer bytes) throws IOException {
            int more = bytes.remaining();
            out.write(bytes, length);
            length += more;
        }

        SnapshotHeader header() {
            return header;
        }

        /** The sequence number of the chunk that comes next. */
        int next() {
            return chunks;
        }

        /** Returns false if the data is damaged or does not follow what is there. */
        boolean append(byte[] data) throws IOException {
            if (!ChunkData.follows(chain, data)) {
                return false;
            }
            write(ByteBuffer.allocate(4).putInt(data.length).flip());
            write(ByteBuffer.wrap(data));
            chain = ChunkData.chainOf(data);
            chunks++;
            watch.done(SnapshotStep.CHUNK_WRITTEN);
            return true;
        }

        /** Makes it durable and whole. */
        StagedSnapshot complete() throws IOException {
            write(StagedSnapshot.encodeEnd(chunks, chain));
            out.force();
            out.close();
            watch.done(SnapshotStep.FORCED);
            Path whole = directory.resolve(name(header.range(), WHOLE));
            disk.rename(file, whole);
            watch.done(SnapshotStep.COMPLETE);
            return new StagedSnapshot(header, whole);
        }

        void drop() {
            try {
                out.close();
                deleteIfThere(file);
            } catch (IOException leftForTheNextStart) {
                // A part is never used, and removed when the store starts.
            }
        }
    }
}
