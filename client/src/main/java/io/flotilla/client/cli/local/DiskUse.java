package io.flotilla.client.cli.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What directories take on their disk: allocated blocks, as {@code du} counts them, not how long files claim to be. */
public final class DiskUse {
    private DiskUse() {}

    /** Bytes of each directory, in the order given; a directory that is not there has none. */
    public static List<Long> of(List<Path> directories) throws IOException, InterruptedException {
        List<Long> bytes = new ArrayList<>();
        for (Path directory : directories) {
            bytes.add(of(directory));
        }
        return bytes;
    }

    private static long of(Path directory) throws IOException, InterruptedException {
        // Files that go while it looks are told on its other stream, and are no trouble.
        Process du = new ProcessBuilder("du", "-s", "-B1", directory.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String out = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        du.waitFor();
        return parse(out);
    }

    /** {@code <bytes> TAB <directory>}. */
    static long parse(String line) {
        int tab = line.indexOf('\t');
        return tab < 0 ? 0 : Long.parseLong(line.substring(0, tab).trim());
    }
}
