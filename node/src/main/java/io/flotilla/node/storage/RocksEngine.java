package io.flotilla.node.storage;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksObject;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The engine on RocksDB, one column family for each space, without a write-ahead log: the Raft log is that. A flush is atomic over all
 * families, so a crash leaves every space at the same batch.
 *
 * <p>Threading: any. Closing waits a little for calls under way and open cursors; every later call throws {@link StorageException} instead
 * of touching freed memory.
 */
public final class RocksEngine implements Engine {
    static {
        RocksDB.loadLibrary();
    }

    /** Three stores may share a machine with a client; what is hot beyond this the page cache keeps. */
    private static final long BLOCK_CACHE_BYTES = 96L << 20;

    private static final long WRITE_BUFFER_BYTES = 32L << 20;
    private static final long SMALL_WRITE_BUFFER_BYTES = 8L << 20;

    /** The list of files begins anew at that size: the next start reads all of it into memory to check it. */
    private static final long MANIFEST_BYTES_MAX = 64L << 20;

    private static final int BACKGROUND_JOBS_MAX = 2;
    private static final double BLOOM_BITS_PER_KEY = 10;
    private static final long BLOCK_BYTES = 16L << 10;

    private final RocksDB db;
    private final List<ColumnFamilyHandle> handles = new ArrayList<>();
    private final WriteOptions writeOptions = new WriteOptions().setDisableWAL(true);
    private final ReadOptions readOptions = new ReadOptions();

    /** Native objects that must outlive the database; freed last in, first out. */
    private final Deque<RocksObject> owned = new ArrayDeque<>();

    private final Gate gate = new Gate(this::free);
    private volatile Consumer<StorageException> onFailure = cause -> {};

    /**
     * Opens or creates the engine in {@code directory}.
     *
     * @throws StorageException if the files are damaged or another process or engine has them open
     */
    public RocksEngine(Path directory) {
        this(directory, false);
    }

    /**
     * Opens what is there without changing a byte; writing to it fails.
     *
     * @throws StorageException if there is nothing, or it is damaged
     */
    public static RocksEngine openReadOnly(Path directory) {
        return new RocksEngine(directory, true);
    }

    /** Makes opening an engine quicker if done before; whether it is or not makes no other difference. */
    public static void preload() {
        RocksDB.loadLibrary();
    }

    private RocksEngine(Path directory, boolean readOnly) {
        try {
            if (!readOnly) {
                Files.createDirectories(directory);
            }
            Manifest.check(directory);
            DBOptions options = own(new DBOptions())
                    .setCreateIfMissing(!readOnly)
                    .setCreateMissingColumnFamilies(!readOnly)
                    .setAtomicFlush(true)
                    .setMaxBackgroundJobs(BACKGROUND_JOBS_MAX)
                    .setMaxOpenFiles(512)
                    .setMaxManifestFileSize(MANIFEST_BYTES_MAX)
                    .setKeepLogFileNum(2)
                    .setMaxLogFileSize(4L << 20)
                    .setBytesPerSync(1L << 20)
                    .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                    .setStatsDumpPeriodSec(0)
                    .setStatsPersistPeriodSec(0);
            db = readOnly
                    ? RocksDB.openReadOnly(options, directory.toString(), families(), handles)
                    : RocksDB.open(options, directory.toString(), families(), handles);
        } catch (StateCorruptException damaged) {
            freeOwned();
            throw damaged;
        } catch (RocksDBException | java.io.IOException e) {
            freeOwned();
            boolean locked = String.valueOf(e.getMessage())
                    .toLowerCase(java.util.Locale.ROOT)
                    .contains("lock");
            String message = "cannot open the engine in " + directory + (locked ? ": another store has it open" : "")
                    + ": " + e.getMessage();
            throw e instanceof RocksDBException rocks && isCorruption(rocks)
                    ? new StateCorruptException(message, e)
                    : new StorageException(message, e);
        }
    }

    private List<ColumnFamilyDescriptor> families() {
        Cache cache = own(new LRUCache(BLOCK_CACHE_BYTES));
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setBlockSize(BLOCK_BYTES)
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setFilterPolicy(own(new BloomFilter(BLOOM_BITS_PER_KEY)))
                .setFormatVersion(6);
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        ColumnFamilyOptions unused = own(new ColumnFamilyOptions()).setWriteBufferSize(1L << 20);
        families.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, unused));
        for (Space space : Space.values()) {
            long buffer = space == Space.DATA ? WRITE_BUFFER_BYTES : SMALL_WRITE_BUFFER_BYTES;
            ColumnFamilyOptions options = own(new ColumnFamilyOptions())
                    .setTableFormatConfig(table)
                    .setWriteBufferSize(buffer)
                    .setMaxWriteBufferNumber(3)
                    .setLevelCompactionDynamicLevelBytes(true)
                    .setCompressionType(CompressionType.LZ4_COMPRESSION);
            families.add(new ColumnFamilyDescriptor(space.name().getBytes(StandardCharsets.US_ASCII), options));
        }
        return families;
    }

    /**
     * Whom to tell when a write or a flush failed, or {@link #checkBackground} found that work in the background did: what was written since the last flush may never become durable, so the store
     * must stop. May be called several times, on any thread.
     */
    public void onFailure(Consumer<StorageException> failed) {
        onFailure = failed;
    }

    /**
     * Looks whether work in the background failed since the start, and tells {@link #onFailure} if so. To be called every now and then: RocksDB's own
     * callback does not know the reasons for which an engine without a write-ahead log fails.
     */
    public void checkBackground() {
        gate.enter();
        try {
            long errors = db.getLongProperty("rocksdb.background-errors");
            if (errors > 0) {
                onFailure.accept(
                        new StorageException("the state's files cannot be written: flushes or compactions failed "
                                + errors + " times; the engine's own log in " + db.getName() + " says why"));
            }
        } catch (RocksDBException e) {
            throw fatal("ask for errors", e);
        } finally {
            gate.exit();
        }
    }

    private StorageException fatal(String what, RocksDBException cause) {
        StorageException failure = failed(what, cause);
        onFailure.accept(failure);
        return failure;
    }

    private <T extends RocksObject> T own(T object) {
        owned.push(object);
        return object;
    }

    private void freeOwned() {
        while (!owned.isEmpty()) {
            owned.pop().close();
        }
        readOptions.close();
        writeOptions.close();
    }

    private ColumnFamilyHandle handle(Space space) {
        return handles.get(space.ordinal() + 1); // the first is the default family, which stays empty
    }

    static StorageException failed(String what, RocksDBException cause) {
        String message = "cannot " + what + ": " + cause.getMessage();
        return isCorruption(cause) ? new StateCorruptException(message, cause) : new StorageException(message, cause);
    }

    /** Missing files are damage too: RocksDB never loses one by itself. */
    private static boolean isCorruption(RocksDBException cause) {
        Status status = cause.getStatus();
        String message = String.valueOf(cause.getMessage());
        return status != null && status.getCode() == Status.Code.Corruption
                || message.contains("Corruption")
                || message.contains("No such file");
    }

    @Override
    public byte @Nullable [] get(Space space, byte[] key) {
        gate.enter();
        try {
            return db.get(handle(space), readOptions, key);
        } catch (RocksDBException e) {
            throw failed("read", e);
        } finally {
            gate.exit();
        }
    }

    @Override
    public Cursor cursor(Space space, byte[] from, byte[] to) {
        gate.enter(); // until the cursor is closed
        try {
            return new RocksCursor(gate, db, handle(space), from, to);
        } catch (RuntimeException e) {
            gate.exit();
            throw e;
        }
    }

    @Override
    public Batch newBatch() {
        gate.enter();
        try {
            return new RocksBatch(new WriteBatch());
        } finally {
            gate.exit();
        }
    }

    @Override
    public void write(Batch batch) {
        gate.enter();
        try {
            db.write(writeOptions, ((RocksBatch) batch).batch);
        } catch (RocksDBException e) {
            throw fatal("write", e);
        } finally {
            gate.exit();
        }
    }

    /** Reads every block of every file against its checksum; throws {@link StorageException} at the first that is damaged. */
    public void verifyChecksums() {
        gate.enter();
        try {
            db.verifyChecksum();
        } catch (RocksDBException e) {
            throw failed("verify the state", e);
        } finally {
            gate.exit();
        }
    }

    @Override
    public void flush() {
        gate.enter();
        try (FlushOptions options = new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true)) {
            db.flush(options, handles);
        } catch (RocksDBException e) {
            throw fatal("flush", e);
        } finally {
            gate.exit();
        }
    }

    @Override
    public void close() {
        gate.close();
    }

    private void free() {
        handles.forEach(ColumnFamilyHandle::close);
        db.close();
        freeOwned();
    }

    private final class RocksBatch implements Batch {
        private final WriteBatch batch;

        RocksBatch(WriteBatch batch) {
            this.batch = batch;
        }

        @Override
        public void put(Space space, byte[] key, byte[] value) {
            gate.enter();
            try {
                batch.put(handle(space), key, value);
            } catch (RocksDBException e) {
                throw failed("put", e);
            } finally {
                gate.exit();
            }
        }

        @Override
        public void delete(Space space, byte[] key) {
            gate.enter();
            try {
                batch.delete(handle(space), key);
            } catch (RocksDBException e) {
                throw failed("delete", e);
            } finally {
                gate.exit();
            }
        }

        @Override
        public void deleteRange(Space space, byte[] from, byte[] to) {
            if (java.util.Arrays.compareUnsigned(from, to) >= 0) {
                return;
            }
            gate.enter();
            try {
                batch.deleteRange(handle(space), from, to);
            } catch (RocksDBException e) {
                throw failed("delete a range", e);
            } finally {
                gate.exit();
            }
        }

        @Override
        public void close() {
            batch.close();
        }
    }
}
