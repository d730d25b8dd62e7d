package io.flotilla.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.flotilla.config.id.NodeId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
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

    /** It would leave a default in force: a node that joins nobody, say, or keeps no reserve on its disk. */
    @Test
    void aSettingThatIsMisspeltIsNamedWithThoseThatThereAre() throws Exception {
        assertThat(startWith("flotilla { node-id = 4, disk.resreve = 1 GiB }"))
                .contains("why:   there is no setting flotilla.disk.resreve; there are reserve");
        assertThat(startWith("flotilla { node-id = 4, dsik.reserve = 1 GiB }"))
                .contains("there is no setting flotilla.dsik.reserve; there are advertise, data, disk,");
        assertThat(startWith("flotila { node-id = 4 }"))
                .contains("must stand in 'flotilla { ... }'; at the top of the file there is flotila");
    }

    @Test
    void whatIsTypedWronglyIsToldInFourLinesLikeAnyOtherError() {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            assertThat(new CommandLine(new StartCommand())
                            .setParameterExceptionHandler(StartCommand::notUnderstood)
                            .execute("--node-id", "x"))
                    .isEqualTo(2);
        } finally {
            System.setErr(before);
        }
        assertThat(said.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "error: start: cannot understand the command line",
                        "  why:   Invalid value for option '--node-id': 'x' is not an int",
                        "  state: nothing was done",
                        "  try:   start --help");
    }

    @Test
    void aSettingsFileMayNameThingsOfItsOwnAndLeaveOutWhatItWants() {
        Config file = ConfigFactory.parseString("base = /tmp/f, flotilla { node-id = 4, data = ${base}/4 }");
        NodeSettings settings = NodeSettings.load(ConfigFactory.empty(), file);
        assertThat(settings.data()).isEqualTo(Path.of("/tmp/f/4"));
        assertThat(NodeSettings.load(ConfigFactory.parseString("flotilla.node-id = 1"), ConfigFactory.empty())
                        .node())
                .isEqualTo(new NodeId(1));
    }

    private String startWith(String settings) throws IOException {
        Path file = Files.writeString(directory.resolve("node.conf"), settings);
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            assertThat(new CommandLine(new StartCommand()).execute("--config", file.toString(), "--listen", "nowhere"))
                    .isEqualTo(2);
        } finally {
            System.setErr(before);
        }
        return said.toString(StandardCharsets.UTF_8);
    }

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
