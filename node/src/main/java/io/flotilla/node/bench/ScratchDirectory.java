package io.flotilla.node.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory for one run of a benchmark; gone with all below it when it is closed. */
record ScratchDirectory(Path path) implements AutoCloseable {
    /** Below the directory for temporary files. */
    static ScratchDirectory of(String bench) throws IOException {
        return below(Path.of(System.getProperty("java.io.tmpdir")), bench);
    }

    /** @param parent is made if it is not there */
    static ScratchDirectory below(Path parent, String bench) throws IOException {
        Files.createDirectories(parent);
        return new ScratchDirectory(Files.createTempDirectory(parent, "flotilla-bench-" + bench + "-"));
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
