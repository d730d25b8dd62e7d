package io.flotilla.node.debug;

import io.flotilla.node.admin.StoreIdentity;
import io.flotilla.node.disk.Disk;
import io.flotilla.node.replica.StoreMarks;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.RocksEngine;
import io.flotilla.node.storage.StorageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code flotilla debug rebuild}: takes a damaged store's log and state out of the way. What is left is who it is, what it promised as a store, and a mark
 * that it has forgotten its replicas: at the next start they are removed from their ranges, for under their old ids they must neither vote nor acknowledge
 * any more, and new ones come in their place.
 *
 * <p>Always all of them: one log holds the votes and entries of all, so whatever is damaged in it may have been of any.
 */
@Command(
        name = "rebuild",
        mixinStandardHelpOptions = true,
        description = "Prepares a damaged store to be made anew from its peers: sets its log and state aside.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0: done; start the node, and its replicas come back from their peers",
            "1: not possible: it cannot be told any more whose store this is",
            "2: wrong usage, or the store is running"
        })
final class RebuildCommand extends StoreLook {
    private static final String STATE = "state";
    private static final String FRESH = "state.fresh";
    private static final List<String> DAMAGED = List.of("log", STATE, "snapshots");

    @Option(names = "--discard", description = "delete the damaged files instead of setting them aside")
    boolean discard;

    @Override
    int look(PrintStream out) throws IOException {
        Optional<StoreIdentity> identity = identity();
        if (identity.isEmpty()) {
            return fail(
                    EXIT_DAMAGED,
                    "cannot rebuild " + data,
                    "neither its state nor its copy of the store's identity can be read",
                    "decommission the node and start a new one in an empty directory");
        }
        // In this order: wherever it is interrupted, the next run goes on, and a node that is started is refused.
        identity.get().copyTo(Disk.ofThisProcess(), data);
        delete(data.resolve(FRESH));
        try (RocksEngine engine = new RocksEngine(data.resolve(FRESH))) {
            try (Engine.Batch batch = engine.newBatch()) {
                StoreMarks.putRebuilt(batch);
                engine.write(batch);
            }
            identity.get().write(engine);
        }
        Path aside = setAside();
        Files.move(data.resolve(FRESH), data.resolve(STATE), StandardCopyOption.ATOMIC_MOVE);
        force(data);
        if (discard) {
            delete(aside);
        }
        print(out, identity.get(), aside);
        return EXIT_OK;
    }

    @Override
    String cutShort() {
        return "perhaps half done; nothing was deleted but what --discard names, and the same command goes on from there";
    }

    private Optional<StoreIdentity> identity() throws IOException {
        Optional<StoreIdentity> copy = StoreIdentity.copyIn(data);
        if (copy.isPresent()) {
            return copy;
        }
        try (RocksEngine engine = RocksEngine.openReadOnly(data.resolve(STATE))) {
            return StoreIdentity.in(engine);
        } catch (StorageException unreadable) {
            return Optional.empty();
        }
    }

    private Path setAside() throws IOException {
        int number = 1;
        while (Files.exists(data.resolve("damaged-" + number))) {
            number++;
        }
        Path aside = Files.createDirectory(data.resolve("damaged-" + number));
        for (String name : DAMAGED) {
            Path found = data.resolve(name);
            if (Files.exists(found)) {
                Files.move(found, aside.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            }
        }
        force(aside);
        force(data);
        return aside;
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void print(PrintStream out, StoreIdentity identity, Path aside) throws IOException {
        if (format == Format.json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("schema", "flotilla.debug.rebuild/1");
            fields.put("node", identity.node().value());
            fields.put("store", identity.store().toString());
            fields.put("set_aside", discard ? "" : aside.toString());
            printJson(out, fields);
            return;
        }
        out.println("the store of node " + identity.node().value() + " is ready to be made anew");
        out.println(
                "start the node: each of its replicas is replaced from its peers, as long as a majority of them is there");
        if (!discard) {
            out.println("what was damaged is in " + aside + "; delete it when it is of no more use");
        }
    }
}
