package io.flotilla.node.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * For tests and benchmarks: a disk that fails on demand. The file named by the system property {@value #PROPERTY} says how, as long as it is there: one of
 * {@code stall} (or nothing), {@code sync-error}, {@code write-error}, {@code full}.
 */
public final class FaultDisk extends ForwardingDisk {
    public static final String PROPERTY = "flotilla.fault.disk-file";

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Supplier<Fault> fault;

    /** @param fault asked before whatever could fail */
    public FaultDisk(Disk real, Supplier<Fault> fault) {
        super(real);
        this.fault = fault;
    }

    static Disk ofThisProcess(Disk real) {
        String named = System.getProperty(PROPERTY, "");
        if (named.isEmpty()) {
            return real;
        }
        Path file = Path.of(named);
        return new FaultDisk(real, () -> read(file));
    }

    static Fault read(Path file) {
        if (!Files.exists(file)) {
            return Fault.NONE;
        }
        try {
            String text = Files.readString(file);
            return Fault.parse(text).orElseThrow(() -> new IllegalArgumentException(file + " names no fault: " + text));
        } catch (NoSuchFileException gone) {
            return Fault.NONE;
        } catch (IOException unreadable) {
            throw new IllegalStateException("the fault file cannot be read", unreadable);
        }
    }

    /** Waits as long as the disk stands still. What it does then, unless that is {@code error}. */
    private Fault pass(Fault error, String what) throws IOException {
        Fault now = fault.get();
        while (now == Fault.STALL) {
            LockSupport.parkNanos(POLL_NANOS);
            now = fault.get();
        }
        if (now == error) {
            throw new IOException("Input/output error (injected) at " + what);
        }
        return now;
    }

    @Override
    protected void beforeWrite(Path file) throws IOException {
        pass(Fault.WRITE_ERROR, "write of " + file);
    }

    @Override
    protected void beforeForce(Path file) throws IOException {
        pass(Fault.SYNC_ERROR, "sync of " + file);
    }

    @Override
    public void allocate(Path file, long bytes) throws IOException {
        if (pass(Fault.WRITE_ERROR, "allocation of " + file) == Fault.FULL) {
            throw new NoSpaceException("no space left on the device (injected) for " + file);
        }
        real.allocate(file, bytes);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        pass(Fault.SYNC_ERROR, "sync of the name of " + to);
        real.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        pass(Fault.SYNC_ERROR, "sync of the name of " + file);
        real.delete(file);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        pass(Fault.SYNC_ERROR, "sync of " + directory);
        real.forceDirectory(directory);
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        return fault.get() == Fault.FULL ? 0 : real.usableBytes(directory);
    }
}
