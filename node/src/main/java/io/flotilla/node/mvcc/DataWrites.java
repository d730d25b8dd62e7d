package io.flotilla.node.mvcc;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.time.Timestamp;
import io.flotilla.node.mvcc.Evaluation.Blocked;
import io.flotilla.node.mvcc.Evaluation.Protection;
import io.flotilla.node.storage.Engine.Space;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The data writes of a batch: finds the one timestamp at which all of them may stand, then lays intents or versions there. Looking ({@link
 * #prepare}) and writing are apart, because in between it is decided which of the two it will be.
 */
final class DataWrites {
    /** One write and what was found under its key. */
    private static final class Target {
        final int index;
        final KvOp.DataWrite op;

        @Nullable
        Value current;

        boolean done;

        Target(int index, KvOp.DataWrite op) {
            this.index = index;
            this.op = op;
        }
    }

    private final Work work;
    private final List<Target> targets = new ArrayList<>();

    /** Our own versions at or above this were written by an earlier copy of this very request. */
    private final Timestamp lowest;

    private Timestamp timestamp;
    private Timestamp committedAt = Timestamp.ZERO;
    private Timestamp latestIntent = Timestamp.ZERO;
    private @Nullable Key pushedBy;

    DataWrites(Work work) {
        this.work = work;
        this.timestamp = work.base;
        this.lowest = work.ownVersionsFrom();
    }

    void add(int index, KvOp.DataWrite op) {
        targets.add(new Target(index, op));
    }

    boolean isEmpty() {
        return targets.isEmpty();
    }

    /** Looks at every key; null if all writes may go on, else the answer to the batch. */
    @Nullable
    Evaluation prepare() {
        for (Target target : targets) {
            Evaluation stop = prepare(target);
            if (stop != null) {
                return stop;
            }
        }
        return null;
    }

    /** Where the writes go. */
    Timestamp timestamp() {
        return timestamp;
    }

    /** Where the latest of all writes stands once they are laid, those of earlier copies included. */
    Timestamp stands() {
        Timestamp earlier = committedAt.max(latestIntent);
        for (Target target : targets) {
            if (!target.done) {
                return earlier.max(timestamp);
            }
        }
        return earlier.isSet() ? earlier : timestamp;
    }

    void raise(Timestamp to) {
        timestamp = timestamp.max(to);
    }

    /** The key that moved {@link #timestamp} above the header's; null if none did. */
    @Nullable
    Key pushedBy() {
        return pushedBy;
    }

    /** Set if a committed version of this very transaction was found: it has committed, here. */
    Timestamp committedAt() {
        return committedAt;
    }

    /** Where an earlier copy of this request laid its latest intent; ZERO if none was found. */
    Timestamp latestIntent() {
        return latestIntent;
    }

    /** Whether each of {@code keys} is written here. */
    boolean covers(List<Key> keys) {
        if (keys.size() > targets.size()) {
            return false;
        }
        boolean sameOrder = true;
        for (int i = 0; i < keys.size() && sameOrder; i++) {
            sameOrder = keys.get(i).equals(targets.get(i).op.key());
        }
        if (sameOrder) {
            return true;
        }
        Set<Key> here = new HashSet<>();
        for (Target target : targets) {
            here.add(target.op.key());
        }
        return here.containsAll(keys);
    }

    /** Whether {@code key} is written here. */
    boolean writes(Key key) {
        for (Target target : targets) {
            if (target.op.key().equals(key)) {
                return true;
            }
        }
        return false;
    }

    /** Checks the conditions of all writes that are not done yet; null if they hold, else the refusal. */
    @Nullable
    Evaluation checkConditions() {
        for (Target target : targets) {
            if (!target.done
                    && target.op instanceof KvOp.CompareAndSet set
                    && !Objects.equals(set.expected(), target.current)) {
                Protection told = new Protection(Span.of(set.key()), timestamp, work.own);
                return Work.refused(new KvError.ConditionFailed(set.key(), target.current), List.of(told));
            }
        }
        return null;
    }

    /** Nothing is left to be done: all writes are acknowledged as they are. */
    void acknowledge() {
        for (Target target : targets) {
            work.result(target.index, KvResult.Acknowledged.INSTANCE);
        }
    }

    /** A key that a batch writes twice has its last value. */
    private List<Target> effective() {
        if (targets.size() == 1) {
            return targets;
        }
        List<Target> last = new ArrayList<>(targets.size());
        Set<Key> seen = new HashSet<>();
        for (int i = targets.size() - 1; i >= 0; i--) {
            Target target = targets.get(i);
            if (seen.add(target.op.key())) {
                last.add(target);
            }
        }
        Collections.reverse(last);
        return last;
    }

    void layIntents() {
        for (Target target : effective()) {
            if (!target.done) {
                Intent intent = new Intent(work.header.txn(), timestamp, newValue(target.op));
                byte[] key = target.op.key().bytes();
                work.writes().put(Space.INTENT, key, IntentCodec.encode(intent));
            }
        }
        acknowledge();
    }

    void commitVersions() {
        for (Target target : effective()) {
            byte[] key = MvccKeys.data(target.op.key(), timestamp);
            work.writes().put(Space.DATA, key, VersionCodec.encode(work.own, newValue(target.op)));
        }
        acknowledge();
    }

    private @Nullable Evaluation prepare(Target target) {
        Key key = target.op.key();
        KeyCache.Standing standing = work.reader.standing(key);
        Timestamp earlier = standing.isOlderThan(lowest)
                ? Timestamp.ZERO
                : work.reader.committedBy(work.own, key, lowest, Timestamp.MAX, Integer.MAX_VALUE);
        if (earlier.isSet()) {
            target.done = true;
            committedAt = committedAt.max(earlier);
            return null;
        }
        Intent intent = standing.intent();
        if (intent != null) {
            if (!intent.txn().id().equals(work.own)) {
                return new Blocked(key, intent.txn(), intent.timestamp());
            }
            // Never moved: somebody may already have been told that it stands where it stands.
            target.done = true;
            latestIntent = latestIntent.max(intent.timestamp());
            return null;
        }
        Version newest = standing.newest();
        if (newest != null) {
            target.current = newest.value();
            push(key, newest.timestamp());
        }
        push(key, work.context.floor().latestRead(Span.of(key), work.own));
        return null;
    }

    private void push(Key key, Timestamp below) {
        if (!below.isBefore(timestamp)) {
            timestamp = below.next();
            pushedBy = key;
        }
    }

    private static @Nullable Value newValue(KvOp.DataWrite op) {
        if (op instanceof KvOp.Put put) {
            return put.value();
        } else if (op instanceof KvOp.CompareAndSet set) {
            return set.value();
        }
        return null;
    }
}
