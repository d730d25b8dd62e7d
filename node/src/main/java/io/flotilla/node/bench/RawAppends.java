package io.flotilla.node.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The floor: a few bytes written to a file that has all its blocks, then {@code fdatasync}, in one thread. */
final class RawAppends implements AutoCloseable {
    private static final int FILE_BYTES = 16 << 20;
    private static final int CHUNK_BYTES = 1 << 20;

    private final FileChannel channel;
    private final ByteBuffer record;
    private long position;

    RawAppends(Path file, int bytes) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        record = ByteBuffer.allocateDirect(bytes);
        ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK_BYTES);
        for (long at = 0; at < FILE_BYTES; at += CHUNK_BYTES) {
            channel.write(zeros.clear(), at);
        }
        channel.force(true);
    }

    void run(int appends, Latencies into) throws IOException {
        for (int i = 0; i < appends; i++) {
            if (position + record.capacity() > FILE_BYTES) {
                position = 0;
            }
            long start = System.nanoTime();
            channel.write(record.clear(), position);
            channel.force(false);
            into.add(System.nanoTime() - start);
            position += record.capacity();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
