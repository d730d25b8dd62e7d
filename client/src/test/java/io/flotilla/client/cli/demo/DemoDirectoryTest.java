package io.flotilla.client.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.client.KeyValue;
import io.flotilla.client.cli.CliFailure;
import io.flotilla.client.cli.local.ServerSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoDirectoryTest {
    private static final DemoSettings THREE = new DemoSettings(3, 8, 1000, 16, 20, true, null);

    @TempDir
    private Path directory;

    @Test
    void aKeptDirectoryRemembersPortsAndBooks() throws Exception {
        List<ServerSpec> servers;
        try (DemoDirectory first = DemoDirectory.open(directory, THREE)) {
            assertThat(first.existed()).isFalse();
            assertThat(first.books()).isEmpty();
            servers = first.servers();
            first.books(new DemoDirectory.Books(7, "abc"));
        }
        try (DemoDirectory second = DemoDirectory.open(directory, THREE)) {
            assertThat(second.existed()).isTrue();
            assertThat(second.servers()).isEqualTo(servers);
            assertThat(second.books()).contains(new DemoDirectory.Books(7, "abc"));
            second.books(null);
        }
        try (DemoDirectory third = DemoDirectory.open(directory, THREE)) {
            assertThat(third.books()).isEmpty();
        }
    }

    @Test
    void aClusterOfAnotherSizeOrOtherPortsIsNotTouched() throws Exception {
        DemoDirectory.open(directory, THREE).close();

        assertThatThrownBy(() -> DemoDirectory.open(directory, new DemoSettings(5, 8, 1000, 16, 20, true, null)))
                .isInstanceOfSatisfying(
                        CliFailure.class,
                        failure -> assertThat(failure.exitCode()).isEqualTo(2));
        assertThatThrownBy(() -> DemoDirectory.open(directory, new DemoSettings(3, 8, 1000, 16, 20, true, 100)))
                .isInstanceOf(CliFailure.class);
        // The refused ones have let go of the directory.
        DemoDirectory.open(directory, THREE).close();
    }

    @Test
    void aFileIsNoDirectoryForADemo() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> DemoDirectory.open(file, THREE))
                .isInstanceOfSatisfying(
                        CliFailure.class,
                        failure -> assertThat(failure.exitCode()).isEqualTo(2));
    }

    @Test
    void twoDemosDoNotShareADirectory() throws Exception {
        try (DemoDirectory first = DemoDirectory.open(directory, THREE)) {
            assertThat(first.kept()).isTrue();
            assertThatThrownBy(() -> DemoDirectory.open(directory, THREE))
                    .isInstanceOfSatisfying(
                            CliFailure.class,
                            failure -> assertThat(failure.exitCode()).isEqualTo(1));
        }
    }

    @Test
    void aTemporaryDirectoryIsRemoved() throws Exception {
        Path root;
        try (DemoDirectory temporary = DemoDirectory.open(null, THREE)) {
            root = temporary.root();
            assertThat(root).isDirectory();
            assertThat(temporary.kept()).isFalse();
            temporary.books(new DemoDirectory.Books(1, "x"));
        }
        assertThat(root).doesNotExist();
    }

    @Test
    void theDigestSeesEveryChangeOfTheRows() {
        DemoDirectory.Books books = BooksDigest.of(List.of(row("a", "1"), row("b", "2")));

        assertThat(books.rows()).isEqualTo(2);
        assertThat(BooksDigest.of(List.of(row("a", "1"), row("b", "2")))).isEqualTo(books);
        assertThat(BooksDigest.of(List.of(row("a", "1"), row("b", "3"))).digest())
                .isNotEqualTo(books.digest());
        assertThat(BooksDigest.of(List.of(row("a", "1b"), row("", "2"))).digest())
                .isNotEqualTo(books.digest());
        assertThat(BooksDigest.of(List.of(row("a", "1"))).digest()).isNotEqualTo(books.digest());
    }

    private static KeyValue row(String key, String value) {
        return new KeyValue(key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
    }
}
