package io.flotilla.node.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * For tests and benchmarks: a disk that stands still on demand. While the file named by the system property {@value #PROPERTY} exists, no sync of the log
 * returns; what was appended is made durable when the file is gone.
 */
final class StallableSync implements QueueFile.Sync {
    static final String PROPERTY = "flotilla.fault.stall-file";

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Path file;
    private final QueueFile.Sync real;

    StallableSync(Path file, QueueFile.Sync real) {
        this.file = file;
        this.real = real;
    }

    /** The real sync, stallable if the process was started so. */
    static QueueFile.Sync ofThisProcess() {
        String named = System.getProperty(PROPERTY, "");
        return named.isEmpty() ? QueueFile.Sync.REAL : new StallableSync(Path.of(named), QueueFile.Sync.REAL);
    }

    @Override
    public void force(FileChannel channel) throws IOException {
        while (Files.exists(file)) {
            LockSupport.parkNanos(POLL_NANOS);
        }
        real.force(channel);
    }
}
