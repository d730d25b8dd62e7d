package io.flotilla.node.debug;

import io.flotilla.node.mvcc.IntentCodec;
import io.flotilla.node.mvcc.MvccKeys;
import io.flotilla.node.mvcc.RecordCodec;
import io.flotilla.node.mvcc.VersionCodec;
import io.flotilla.node.replica.StateAudit;
import io.flotilla.node.storage.Engine;
import io.flotilla.node.storage.Engine.Space;
import io.flotilla.node.storage.RocksEngine;
import io.flotilla.node.storage.StorageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code flotilla debug state verify}: reads every block, decodes every entry, and adds each range up against the checksum it was kept with. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description =
                "Reads every block of the state, decodes every entry, and adds up each range against its checksum.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0: whole", "1: damaged", "2: wrong usage, or the store is running"})
final class StateVerifyCommand extends StoreLook {
    private static final byte[] LOWEST = {};
    private static final int DAMAGE_SHOWN_MAX = 20;

    private final EnumMap<Space, Long> counts = new EnumMap<>(Space.class);
    private final List<String> damage = new ArrayList<>();
    private List<StateAudit.Finding> ranges = List.of();

    @Override
    int look(PrintStream out) throws IOException {
        if (!Files.isDirectory(data.resolve("state"))) {
            return fail("cannot look into " + data, "there is no state in it", "give the --data directory of a node");
        }
        try (RocksEngine engine = RocksEngine.openReadOnly(data.resolve("state"))) {
            engine.verifyChecksums();
            for (Space space : Space.values()) {
                counts.put(space, walk(engine, space));
            }
            ranges = StateAudit.of(engine);
            for (StateAudit.Finding range : ranges) {
                if (!range.isSound()) {
                    damage.add(range.range() + " adds up to " + hex(range.counted()) + ", but was "
                            + hex(range.checksum()) + " when it was written, at index " + range.applied());
                }
            }
        } catch (StorageException damaged) {
            damage.add(String.valueOf(damaged.getMessage()));
        }
        print(out);
        return damage.isEmpty() ? EXIT_OK : EXIT_DAMAGED;
    }

    private static String hex(long sum) {
        return String.format("%016x", sum);
    }

    private long walk(Engine engine, Space space) {
        long count = 0;
        byte[] highest = new byte[64];
        java.util.Arrays.fill(highest, (byte) 0xFF);
        try (Engine.Cursor cursor = engine.cursor(space, LOWEST, highest)) {
            for (; cursor.isValid(); cursor.next()) {
                count++;
                decode(space, cursor.key(), cursor.value(), count);
            }
        }
        return count;
    }

    private void decode(Space space, byte[] key, byte[] value, long number) {
        try {
            switch (space) {
                case DATA -> {
                    MvccKeys.userKeyOfData(key);
                    VersionCodec.decode(MvccKeys.timestampOfData(key), value);
                }
                case INTENT -> IntentCodec.decode(value);
                case RECORD -> {
                    MvccKeys.anchorOfRecord(key);
                    RecordCodec.decode(value);
                }
                case LOCAL -> {
                    // Each kind has its reader elsewhere; the block checksum has vouched for the bytes.
                }
            }
        } catch (RuntimeException notOurs) {
            if (damage.size() < DAMAGE_SHOWN_MAX) {
                damage.add("entry " + number + " of " + space + ": " + notOurs.getMessage());
            }
        }
    }

    private void print(PrintStream out) throws IOException {
        if (format == Format.json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("schema", "flotilla.debug.state-verify/1");
            fields.put("sound", damage.isEmpty());
            counts.forEach((space, count) -> fields.put(space.name().toLowerCase(Locale.ROOT), count));
            fields.put("damage", damage);
            List<Map<String, Object>> rows = new ArrayList<>();
            for (StateAudit.Finding range : ranges) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("range", range.range().id().value());
                row.put("applied", range.applied());
                row.put("checksum", hex(range.checksum()));
                row.put("exact", range.exact());
                row.put("sound", range.isSound());
                rows.add(row);
            }
            fields.put("ranges", rows);
            printJson(out, fields);
            return;
        }
        counts.forEach(
                (space, count) -> out.println(space.name().toLowerCase(Locale.ROOT) + ": " + count + " entries"));
        long inexact = ranges.stream().filter(range -> !range.exact()).count();
        out.println(ranges.size() + " ranges added up"
                + (inexact == 0 ? "" : ", " + inexact + " of them could not be judged: they were split just before"));
        damage.forEach(found -> out.println("DAMAGED: " + found));
        out.println(
                damage.isEmpty()
                        ? "the state is whole"
                        : "the state is damaged: this store must not start with it; rebuild its replicas from their peers");
    }
}
