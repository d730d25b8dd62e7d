package io.flotilla.node.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The real disk under one directory, which remembers what of it is durable, and at every moment that matters offers to build what a power cut could leave
 * just then: of each file what was forced, and of everything written since, any part.
 *
 * <p>A moment is before and after each force, and within each step of an allocation, a renaming and a deletion. Of what was written since the last force of a
 * file each page of 4 KiB is on the disk, is not, or is there in some of its sectors of 512 bytes; the file's length is the old one, the new one, or anything
 * between; a name that was given, changed or taken since the directory was forced is as it was or as it is.
 *
 * <p>Threading: any; one thing at a time.
 */
public final class CrashDisk extends ForwardingDisk {
    private static final int PAGE_BYTES = 4096;
    private static final int SECTOR_BYTES = 512;

    /** Told of each moment, while nothing else happens on this disk. */
    @FunctionalInterface
    public interface Moments {
        void at(CrashDisk disk, String moment) throws IOException;
    }

    /** What of a file is durable, whatever it is called. */
    private static final class Content {
        private byte[] durable = new byte[0];
    }

    private final Path directory;
    private final Moments moments;
    private final Map<Path, Content> contents = new HashMap<>();

    /** The names as of the last force of the directory. */
    private final TreeMap<Path, Content> durableNames = new TreeMap<>();

    /** @param directory what is in it already is durable */
    public CrashDisk(Path directory, Moments moments) throws IOException {
        this.directory = directory;
        this.moments = moments;
        Files.createDirectories(directory);
        for (Path file : files()) {
            Content content = content(file);
            content.durable = Files.readAllBytes(file);
            durableNames.put(file, content);
        }
    }

    private TreeMap<Path, byte[]> present() throws IOException {
        TreeMap<Path, byte[]> found = new TreeMap<>();
        for (Path file : files()) {
            try {
                found.put(file, Files.readAllBytes(file));
            } catch (NoSuchFileException gone) {
                // by whoever does not ask this disk
            }
        }
        return found;
    }

    private Iterable<Path> files() throws IOException {
        TreeMap<Path, Boolean> sorted = new TreeMap<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, Files::isRegularFile)) {
            found.forEach(file -> sorted.put(file, true));
        }
        return sorted.keySet();
    }

    private Content content(Path file) {
        return contents.computeIfAbsent(file, name -> new Content());
    }

    /** What is told here happens now, as far as this disk is concerned. */
    public synchronized void moment(String what) throws IOException {
        moments.at(this, what);
    }

    @Override
    protected synchronized void beforeForce(Path file) throws IOException {
        moment("before the force of " + file.getFileName());
    }

    @Override
    protected synchronized void afterForce(Path file, long from, long to) throws IOException {
        // Nobody writes to a file while it is forced.
        byte[] written = Files.readAllBytes(file);
        Content content = content(file);
        if (from == 0 && to >= written.length || content.durable.length != written.length) {
            content.durable = written;
        } else {
            int start = (int) (from & -PAGE_BYTES);
            System.arraycopy(written, start, content.durable, start, (int) Math.min(to, written.length) - start);
        }
        moment("after the force of " + file.getFileName());
    }

    @Override
    public synchronized void allocate(Path file, long bytes) throws IOException {
        if (contents.remove(file) != null) {
            moment("before an older " + file.getFileName() + " is replaced");
        }
        super.allocate(file, bytes);
        moment("in the allocation of " + file.getFileName());
        content(file).durable = Files.readAllBytes(file);
        moment("allocated but without a name: " + file.getFileName());
        forced();
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        super.rename(from, to);
        contents.put(to, content(from));
        contents.remove(from);
        moment("in the renaming to " + to.getFileName());
        forced();
        moment("after the renaming to " + to.getFileName());
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        moment("before the deletion of " + file.getFileName());
        super.delete(file);
        contents.remove(file);
        moment("in the deletion of " + file.getFileName());
        forced();
        moment("after the deletion of " + file.getFileName());
    }

    @Override
    public synchronized void release(Path file, long from) throws IOException {
        super.release(file, from);
        // What is given back was zeros before.
        moment("after the release of " + file.getFileName());
    }

    @Override
    public synchronized void forceDirectory(Path forced) throws IOException {
        super.forceDirectory(forced);
        if (forced.equals(directory)) {
            forced();
        }
    }

    private void forced() throws IOException {
        durableNames.clear();
        for (Path file : files()) {
            durableNames.put(file, content(file));
        }
    }

    /** Builds in {@code target} what a power cut at this moment could leave. To be called in a moment only. */
    public void cut(Path target, Random random) {
        try {
            Files.createDirectories(target);
            build(target, random);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private void build(Path target, Random random) throws IOException {
        // All of one kind now and then: an image in which everything, or nothing, is as it was last written.
        int mood = random.nextInt(4);
        TreeMap<Path, byte[]> present = present();
        TreeMap<Path, byte[]> image = new TreeMap<>();
        for (Map.Entry<Path, Content> named : durableNames.entrySet()) {
            Path file = named.getKey();
            Content content = named.getValue();
            Path now = nameOf(content);
            byte[] written = now == null ? null : present.get(now);
            if (file.equals(now)) {
                image.put(file, mixed(content.durable, written == null ? content.durable : written, mood, random));
            } else if (keepsOld(mood, random)) {
                image.put(file, mixed(content.durable, written == null ? content.durable : written, mood, random));
                present.remove(now == null ? file : now);
            }
        }
        for (Map.Entry<Path, byte[]> file : present.entrySet()) {
            Content content = contents.get(file.getKey());
            boolean nameIsDurable = content != null && durableNames.get(file.getKey()) == content;
            if (!nameIsDurable && (content != null && durableNames.containsValue(content) || !keepsOld(mood, random))) {
                byte[] durable = content == null ? new byte[0] : content.durable;
                image.put(file.getKey(), mixed(durable, file.getValue(), mood, random));
            }
        }
        for (Map.Entry<Path, byte[]> file : image.entrySet()) {
            Files.write(target.resolve(file.getKey().getFileName()), file.getValue());
        }
    }

    private @Nullable Path nameOf(Content content) {
        for (Map.Entry<Path, Content> named : contents.entrySet()) {
            if (named.getValue() == content) {
                return named.getKey();
            }
        }
        return null;
    }

    private static boolean keepsOld(int mood, Random random) {
        return mood == 0 || mood != 1 && random.nextBoolean();
    }

    private static byte[] mixed(byte[] durable, byte[] written, int mood, Random random) {
        int shorter = Math.min(durable.length, written.length);
        int longer = Math.max(durable.length, written.length);
        int length = mood == 0
                ? durable.length
                : mood == 1 ? written.length : shorter + (longer == shorter ? 0 : random.nextInt(longer - shorter + 1));
        byte[] mixed = Arrays.copyOf(durable, length);
        for (int page = 0; page < length; page += PAGE_BYTES) {
            int end = Math.min(length, page + PAGE_BYTES);
            int fate = mood < 2 ? 1 - mood : random.nextInt(3);
            for (int sector = page; sector < end; sector += SECTOR_BYTES) {
                boolean kept = fate == 0 || fate == 2 && random.nextBoolean();
                int most = Math.min(Math.min(end, sector + SECTOR_BYTES), written.length);
                if (kept && sector < most) {
                    System.arraycopy(written, sector, mixed, sector, most - sector);
                }
            }
        }
        return mixed;
    }
}
