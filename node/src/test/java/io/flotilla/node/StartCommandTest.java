package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class StartCommandTest {
    @TempDir
    private Path directory;

    @Test
    void aDirectoryThatIsAFileIsNamedAndCalledOne() throws Exception {
        Path file = Files.createFile(directory.resolve("data"));
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int exit;
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            exit = new CommandLine(new StartCommand())
                    .execute("--node-id", "1", "--listen", "127.0.0.1:1", "--data", file.toString());
        } finally {
            System.setErr(before);
        }
        assertThat(exit).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "error: node 1 cannot start",
                        "  why:   " + file + ": there is a file where a directory is needed",
                        "  state: the node is not running; nothing that it had stored was changed",
                        "  try:   free the port or directory named above, or choose others with --listen, --grpc and --data");
    }
}
