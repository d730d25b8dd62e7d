package io.flotilla.client.cli.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What processes have caused to be written to disks, from Linux's {@code /proc/<pid>/io}: {@code write_bytes}, counted in whole pages when they become dirty,
 * whether by a call or through a mapping. A page that is written again after it went to the disk counts again.
 */
public final class ProcessIo {
    private ProcessIo() {}

    /** Of the whole process so far. */
    public static long writtenBytes(long pid) throws IOException {
        return parse(Files.readString(process(pid).resolve("io"), StandardCharsets.ISO_8859_1));
    }

    /** Of those of its threads that are there now and whose names begin like that. */
    public static long writtenBytes(long pid, String threadPrefix) throws IOException {
        long total = 0;
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(process(pid).resolve("task"))) {
            for (Path thread : threads) {
                total += ofThread(thread, threadPrefix);
            }
        }
        return total;
    }

    private static long ofThread(Path thread, String prefix) {
        try {
            boolean meant = Files.readString(thread.resolve("comm"), StandardCharsets.ISO_8859_1)
                    .startsWith(prefix);
            return meant ? parse(Files.readString(thread.resolve("io"), StandardCharsets.ISO_8859_1)) : 0;
        } catch (IOException ended) {
            return 0; // meanwhile
        }
    }

    private static Path process(long pid) {
        return Path.of("/proc", String.valueOf(pid));
    }

    static long parse(String io) throws IOException {
        for (String line : io.lines().toList()) {
            if (line.startsWith("write_bytes:")) {
                return Long.parseLong(line.substring(line.indexOf(':') + 1).trim());
            }
        }
        throw new IOException("no write_bytes in /proc/<pid>/io");
    }
}
