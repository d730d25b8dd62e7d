package io.flotilla.node.disk;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A disk whose file system does not say how much of it may be used: one with a quota for each user. What could not be allocated is known not to be there, so
 * until an allocation succeeds no room is left, whatever the file system says. Whoever lacks a file tries again; the log does ({@code CycleFiles}).
 *
 * <p>Threading: any.
 */
public final class QuotaDisk extends ForwardingDisk {
    private volatile boolean lacking;

    public QuotaDisk(Disk real) {
        super(real);
    }

    @Override
    public void allocate(Path file, long bytes) throws IOException {
        try {
            real.allocate(file, bytes);
            lacking = false;
        } catch (NoSpaceException full) {
            lacking = true;
            throw full;
        }
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        long usable = real.usableBytes(directory);
        return lacking ? 0 : usable;
    }
}
