package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Versions and intents in plain lists; every question goes through all of them. Slow and obvious. */
final class SlowModel {
    private record Cell(
            Key key, TxnId txn, Timestamp at, @Nullable Value value) {}

    private final List<Cell> versions = new ArrayList<>();
    private final List<Cell> intents = new ArrayList<>();

    int versions() {
        return versions.size();
    }

    int intents() {
        return intents.size();
    }

    @Nullable
    Value latest(Key key) {
        Cell cell = newest(key, Timestamp.MAX);
        return cell == null ? null : cell.value();
    }

    Timestamp highestIntent(TxnId txn) {
        Timestamp highest = ts(1);
        for (Cell intent : intents) {
            if (intent.txn().equals(txn)) {
                highest = highest.max(intent.at());
            }
        }
        return highest;
    }

    /** What a read says, as the property test describes it. */
    String read(KvOp op, Timestamp at, Timestamp limit, TxnId reader, boolean forwardable) {
        Timestamp now = at;
        while (true) {
            Timestamp upTo = now.max(limit);
            Timestamp needed = now;
            List<Cell> rows = new ArrayList<>();
            Span span = op instanceof KvOp.Scan scan ? scan.span() : Span.of(op.key());
            int rowsMax = op instanceof KvOp.Scan scan ? scan.rowsMax() : Integer.MAX_VALUE;
            long bytesMax = op instanceof KvOp.Scan scan ? scan.bytesMax() : Long.MAX_VALUE;
            long bytes = 0;
            Key resume = null;
            Cell single = null;
            for (Key key : touched(span)) {
                if (rows.size() >= rowsMax || bytes >= bytesMax) {
                    resume = key;
                    break;
                }
                Cell intent = intent(key);
                if (intent != null
                        && !intent.txn().equals(reader)
                        && intent.at().compareTo(upTo) <= 0) {
                    return blocked(intent);
                }
                boolean own = intent != null && intent.txn().equals(reader);
                Cell seen = own ? intent : newest(key, upTo);
                if (seen != null && !own && seen.at().isAfter(now)) {
                    if (!forwardable) {
                        return "uncertain " + key;
                    }
                    needed = needed.max(seen.at());
                }
                single = seen;
                if (seen != null && seen.value() != null) {
                    rows.add(seen);
                    bytes += key.length() + seen.value().length();
                }
            }
            if (needed.isAfter(now)) {
                now = needed;
                continue;
            }
            return op instanceof KvOp.Get ? got(single, now) : scanned(rows, resume, now);
        }
    }

    @Nullable
    Key firstChange(Span span, Timestamp from, Timestamp to, TxnId txn) {
        for (Key key : touched(span)) {
            for (Cell cell : versions) {
                boolean inside = cell.at().isAfter(from) && !cell.at().isAfter(to);
                if (cell.key().equals(key) && inside && !cell.txn().equals(txn)) {
                    return key;
                }
            }
            Cell intent = intent(key);
            if (intent != null && !intent.txn().equals(txn) && !intent.at().isAfter(to)) {
                return key;
            }
        }
        return null;
    }

    /** Writes of a transaction never seen before. */
    String write(List<KvOp> ops, TxnMeta txn, Timestamp at, Timestamp floor, boolean onePhase, boolean forwardable) {
        Timestamp stands = floor.isBefore(at) ? at : floor.next();
        for (KvOp op : ops) {
            if (op instanceof KvOp.DataWrite) {
                Cell intent = intent(op.key());
                if (intent != null) {
                    return blocked(intent);
                }
                Cell newest = newest(op.key(), Timestamp.MAX);
                if (newest != null && !newest.at().isBefore(stands)) {
                    stands = newest.at().next();
                }
            }
        }
        if (onePhase && !forwardable && stands.isAfter(at)) {
            return "pushed to " + stands.packed();
        }
        for (KvOp op : ops) {
            if (op instanceof KvOp.CompareAndSet set && !Objects.equals(set.expected(), latest(op.key()))) {
                return "condition " + op.key() + " is " + latest(op.key());
            }
        }
        for (KvOp op : ops) {
            if (op instanceof KvOp.DataWrite) {
                Value value = null;
                if (op instanceof KvOp.Put put) {
                    value = put.value();
                } else if (op instanceof KvOp.CompareAndSet set) {
                    value = set.value();
                }
                (onePhase ? versions : intents).add(new Cell(op.key(), txn.id(), stands, value));
            }
        }
        return "at " + stands.packed();
    }

    void resolve(TxnId txn, boolean commit, Timestamp at) {
        List<Cell> rest = new ArrayList<>();
        for (Cell intent : intents) {
            if (!intent.txn().equals(txn)) {
                rest.add(intent);
            } else if (commit) {
                versions.add(new Cell(intent.key(), txn, at, intent.value()));
            }
        }
        intents.clear();
        intents.addAll(rest);
    }

    private TreeSet<Key> touched(Span span) {
        TreeSet<Key> keys = new TreeSet<>();
        for (Cell cell : versions) {
            keys.add(cell.key());
        }
        for (Cell cell : intents) {
            keys.add(cell.key());
        }
        keys.removeIf(key -> !span.contains(key));
        return keys;
    }

    private @Nullable Cell newest(Key key, Timestamp upTo) {
        Cell newest = null;
        for (Cell cell : versions) {
            boolean visible = cell.key().equals(key) && !cell.at().isAfter(upTo);
            if (visible && (newest == null || cell.at().isAfter(newest.at()))) {
                newest = cell;
            }
        }
        return newest;
    }

    private @Nullable Cell intent(Key key) {
        for (Cell cell : intents) {
            if (cell.key().equals(key)) {
                return cell;
            }
        }
        return null;
    }

    private static String blocked(Cell intent) {
        return "blocked " + intent.key() + " by " + intent.txn() + " "
                + intent.at().packed();
    }

    private static String got(@Nullable Cell cell, Timestamp at) {
        return cell == null
                ? "got null of 0 at " + at.packed()
                : "got " + cell.value() + " of " + cell.at().packed() + " at " + at.packed();
    }

    private static String scanned(List<Cell> rows, @Nullable Key resume, Timestamp at) {
        StringBuilder text = new StringBuilder("scanned");
        for (Cell row : rows) {
            text.append(' ').append(row.key()).append('=').append(row.value());
        }
        return text + " then " + resume + " at " + at.packed();
    }

    private static Timestamp ts(long n) {
        return new Timestamp(n);
    }
}
