package io.flotilla.client.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The cheapest durable write there is here: 200 bytes appended to a file that already has its blocks, then {@code force(false)}. The file lies on the
 * servers' own filesystem. For use by one thread.
 */
final class ForcedAppend implements AutoCloseable {
    static final int APPEND_BYTES = 200;
    private static final int FILE_BYTES = 16 * 1024 * 1024;
    private static final int CHUNK_BYTES = 1024 * 1024;

    private final Path path;
    private final FileChannel channel;
    private final ByteBuffer record = ByteBuffer.allocateDirect(APPEND_BYTES);
    private long position;

    /** Creates and preallocates {@code path}; it is deleted by {@link #close}. */
    ForcedAppend(Path path) throws IOException {
        this.path = path;
        channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK_BYTES);
        for (long written = 0; written < FILE_BYTES; written += CHUNK_BYTES) {
            channel.write(zeros.clear(), written);
        }
        channel.force(true);
    }

    /** One append and its sync, in microseconds. */
    double appendMicros() throws IOException {
        if (position + APPEND_BYTES > FILE_BYTES) {
            position = 0;
        }
        long start = System.nanoTime();
        channel.write(record.clear(), position);
        channel.force(false);
        double micros = (System.nanoTime() - start) / 1_000.0;
        position += APPEND_BYTES;
        return micros;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }
}
