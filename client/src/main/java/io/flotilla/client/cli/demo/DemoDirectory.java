package io.flotilla.client.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.client.cli.CliFailure;
import io.flotilla.client.cli.ExitCode;
import io.flotilla.client.cli.Output;
import io.flotilla.client.cli.local.Directories;
import io.flotilla.client.cli.local.LocalCluster;
import io.flotilla.client.cli.local.Ports;
import io.flotilla.client.cli.local.ServerSpec;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Where a demo's servers live: a temporary directory, or one that is kept and used again. A kept one remembers in {@code demo.json} the nodes' ports
 * (they are part of the cluster) and a digest of the books the last run left.
 */
public final class DemoDirectory implements AutoCloseable {
    private static final String SCHEMA = "flotilla.demo.directory.v1";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path root;
    private volatile boolean kept;
    private final List<Ports.Pair> ports;
    private final int accounts;
    private final boolean existed;
    private final @Nullable FileChannel lock;
    private @Nullable Books books;

    /**
     * The books as a run left them. Nobody writes to them until the next run.
     *
     * @param digest of all rows, see {@link BooksDigest}
     */
    public record Books(long rows, String digest) {}

    private DemoDirectory(
            Path root,
            boolean kept,
            List<Ports.Pair> ports,
            int accounts,
            boolean existed,
            @Nullable FileChannel lock,
            @Nullable Books books) {
        this.root = root;
        this.kept = kept;
        this.ports = ports;
        this.accounts = accounts;
        this.existed = existed;
        this.lock = lock;
        this.books = books;
    }

    /**
     * Opens or creates the directory.
     *
     * @param chosen null for a temporary one
     * @throws CliFailure if it is in use, or holds a cluster other than asked for
     */
    public static DemoDirectory open(@Nullable Path chosen, DemoSettings settings) throws IOException {
        if (chosen == null) {
            Path root = Files.createTempDirectory("flotilla-demo-");
            return new DemoDirectory(root, false, ports(settings), settings.accounts(), false, null, null);
        }
        Path root = created(chosen).toAbsolutePath().normalize();
        FileChannel lock = lock(root);
        Path state = root.resolve("demo.json");
        try {
            if (Files.exists(state)) {
                return existing(root, lock, MAPPER.readTree(state.toFile()), settings);
            }
            DemoDirectory created =
                    new DemoDirectory(root, true, ports(settings), settings.accounts(), false, lock, null);
            created.save();
            return created;
        } catch (IOException | RuntimeException refused) {
            lock.close();
            throw refused;
        }
    }

    private static FileChannel lock(Path root) throws IOException {
        FileChannel channel =
                FileChannel.open(root.resolve("demo.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException ours) {
            lock = null;
        }
        if (lock == null) {
            channel.close();
            throw new CliFailure(
                    ExitCode.FAILED,
                    "cannot use " + root,
                    "another demo is running in it",
                    "the other demo goes on",
                    "wait for it, or choose another --data");
        }
        return channel;
    }

    private static List<Ports.Pair> ports(DemoSettings settings) throws IOException {
        Integer offset = settings.portOffset();
        return offset == null ? Ports.free(settings.nodes(), new Random()) : Ports.at(settings.nodes(), offset);
    }

    private static DemoDirectory existing(Path root, FileChannel lock, JsonNode state, DemoSettings settings) {
        List<Ports.Pair> ports = new ArrayList<>();
        for (JsonNode node : state.path("nodes")) {
            ports.add(new Ports.Pair(
                    node.path("grpc").asInt(), node.path("transport").asInt()));
        }
        if (!SCHEMA.equals(state.path("schema").asText()) || ports.size() != settings.nodes()) {
            throw other(root, "it holds a cluster of " + ports.size() + " nodes, not " + settings.nodes());
        }
        Integer offset = settings.portOffset();
        if (offset != null && !ports.equals(Ports.at(settings.nodes(), offset))) {
            throw other(root, "its cluster has other ports: " + ports.get(0).grpc() + "...");
        }
        JsonNode books = state.path("books");
        return new DemoDirectory(
                root,
                true,
                List.copyOf(ports),
                state.path("accounts").asInt(),
                true,
                lock,
                books.isObject()
                        ? new Books(
                                books.path("rows").asLong(),
                                books.path("digest").asText())
                        : null);
    }

    private static CliFailure other(Path root, String why) {
        return new CliFailure(
                ExitCode.USAGE,
                "cannot use " + root,
                why,
                "nothing was started; the cluster in it is as it was",
                "leave out --port-offset, give the same --nodes, or choose another --data");
    }

    public Path root() {
        return root;
    }

    /** Whether the directory outlives the demo. */
    public boolean kept() {
        return kept;
    }

    /** Whether a demo was here before. */
    public boolean existed() {
        return existed;
    }

    public List<ServerSpec> servers() {
        return LocalCluster.specs(root, ports);
    }

    /** Accounts of the run before, or of this one if there was none. */
    public int accountsBefore() {
        return accounts;
    }

    /** The books of the run before; empty if there was none, or it was cut short. */
    public Optional<Books> books() {
        return Optional.ofNullable(books);
    }

    /** Remembers the books of this run. Null when they begin to change. */
    public void books(@Nullable Books left) throws IOException {
        books = left;
        if (lock != null) {
            save();
        }
    }

    private void save() throws IOException {
        List<Map<String, Object>> nodes = new ArrayList<>();
        for (Ports.Pair pair : ports) {
            Map<String, Object> node = new LinkedHashMap<>();
            node.put("grpc", pair.grpc());
            node.put("transport", pair.transport());
            nodes.add(node);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("nodes", nodes);
        fields.put("accounts", accounts);
        Books left = books;
        if (left != null) {
            Map<String, Object> kept = new LinkedHashMap<>();
            kept.put("rows", left.rows());
            kept.put("digest", left.digest());
            fields.put("books", kept);
        }
        Path next = root.resolve("demo.json.next");
        Files.writeString(next, Output.document(SCHEMA, fields) + "\n");
        Files.move(
                next, root.resolve("demo.json"), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Something went wrong: what there is to look at stays, also in a temporary directory. */
    public void keep() {
        kept = true;
    }

    /** Removes a temporary directory. Called when no server uses it any more. */
    public void removeIfTemporary() {
        if (!kept) {
            Directories.deleteQuietly(root);
        }
    }

    private static Path created(Path chosen) {
        try {
            return Files.createDirectories(chosen);
        } catch (IOException refused) {
            throw new CliFailure(
                    ExitCode.USAGE,
                    "cannot use " + chosen,
                    "no directory can be made there (" + refused.getClass().getSimpleName() + ")",
                    "nothing was started",
                    "choose another --data");
        }
    }

    @Override
    public void close() throws IOException {
        removeIfTemporary();
        if (lock != null) {
            lock.close();
        }
    }
}
