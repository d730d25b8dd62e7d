package io.flotilla.node.disk;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What a store needs of its file system beyond reading.
 *
 * <p>Every method returns when what it did is durable, except {@link #open}, and reports a failure by an {@link IOException}; no space is a
 * {@link NoSpaceException}. Threading: any.
 */
public interface Disk {
    /** The disk of this process: the real one, or one that fails on demand if the process was started so. */
    static Disk ofThisProcess() {
        return FaultDisk.ofThisProcess(new QuotaDisk(new RealDisk()));
    }

    /** Opens the file, which is made if it is not there; its name is not durable by that. */
    DiskFile open(Path file) throws IOException;

    /** Makes a file of so many bytes of zeros in real blocks, so that later writes into it cannot lack space. An older one is replaced. */
    void allocate(Path file, long bytes) throws IOException;

    /** Gives a file of the same directory another name, at once or not at all. */
    void rename(Path from, Path to) throws IOException;

    void delete(Path file) throws IOException;

    /** Gives back the blocks of a file from there on; it keeps its length. Never fails: if it cannot be done, only space is lost. */
    void release(Path file, long from) throws IOException;

    /** Makes durable which names are in the directory. */
    void forceDirectory(Path directory) throws IOException;

    /** Bytes that may still be written on the file system of that directory. */
    long usableBytes(Path directory) throws IOException;
}
