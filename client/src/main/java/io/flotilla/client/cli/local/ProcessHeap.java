package io.flotilla.client.cli.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The live heap of a server on this machine, as {@code jcmd <pid> GC.class_histogram} counts it after a full collection. {@code jcmd} comes with the
 * JDK that runs this process.
 */
public final class ProcessHeap {
    private ProcessHeap() {}

    /** Bytes of all reachable objects; NaN if there is no jcmd or it says nothing. The process stands still meanwhile. */
    public static double liveBytes(long pid) throws InterruptedException {
        try {
            Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
            Process process = new ProcessBuilder(
                            Files.isExecutable(jcmd) ? jcmd.toString() : "jcmd",
                            String.valueOf(pid),
                            "GC.class_histogram")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String histogram = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return parse(histogram);
        } catch (IOException missing) {
            return Double.NaN;
        }
    }

    /** The last line: {@code Total <objects> <bytes>}. */
    static double parse(String histogram) {
        for (String line : histogram.lines().toList()) {
            String[] words = line.trim().split("\\s+");
            if (words.length == 3 && words[0].equals("Total")) {
                return Double.parseDouble(words[2]);
            }
        }
        return Double.NaN;
    }
}
