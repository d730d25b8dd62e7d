package io.flotilla.node.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** An open file. Threading: one thread at a time. */
public interface DiskFile extends AutoCloseable {
    /** For reading and locking; not for writing. */
    FileChannel channel();

    /** Writes all of the buffer there; not durable. */
    void write(ByteBuffer bytes, long at) throws IOException;

    /**
     * To be called before something is stored to a mapping of this file, which cannot tell of errors itself: it shows at the next {@link #force}, or as a
     * fault in memory.
     */
    void beforeStore() throws IOException;

    /** Makes all content durable, mapped or not. HAZARD: a failure is final; asking again may be answered "fine" for what is lost. */
    void force() throws IOException;

    /**
     * Makes durable what lies between the two positions; what was written elsewhere may become so or not. Cheaper than {@link #force()} where a file is
     * written in several places. HAZARD: as there.
     */
    void force(long from, long to) throws IOException;

    @Override
    void close() throws IOException;
}
