package io.flotilla.range.lifecycle;

import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.KvSender;
import io.flotilla.config.settings.Limits;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeDescriptorCodec;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Splits ranges. The steps of one split:
 *
 * <ol>
 *   <li>read the descriptor of the range that holds the key from the meta range; a border that is there already ends it;
 *   <li>take a range id for the right side from the allocator;
 *   <li>commit one transaction: both descriptors in the meta range, on condition that the old one is unchanged, and a {@link SplitTrigger}
 *       for the range itself, where the transaction is anchored.
 * </ol>
 *
 * Whoever loses a race (another split, a replica change) starts again from the first step.
 *
 * <p>Threading: {@link #split} from any thread; the steps run in the ports' callbacks, one at a time for each split.
 */
public final class SplitMachine {
    private static final int ATTEMPTS_MAX = 10;
    private static final long PAUSE_MICROS = 10_000;
    private static final long ROW_BYTES_MAX = 64 * 1024;

    private final KvSender sender;
    private final TransactionPort transactions;
    private final Scheduler scheduler;

    public SplitMachine(KvSender sender, TransactionPort transactions, Scheduler scheduler) {
        this.sender = sender;
        this.transactions = transactions;
        this.scheduler = scheduler;
    }

    /**
     * Makes {@code key} the first key of a range.
     *
     * @param key an internal key ({@link KeySpace#user})
     * @param callback called exactly once
     */
    public void split(Key key, long timeoutMicros, Consumer<SplitResult> callback) {
        if (!KeySpace.isUser(key) || key.length() == 1) {
            callback.accept(new SplitResult.Failed(new KvError.Invalid(
                    "a range can be split only at a user's key, not at " + KeySpace.describe(key))));
        } else if (key.length() > Limits.KEY_BYTES_MAX + 1) {
            callback.accept(
                    new SplitResult.Failed(new KvError.TooLarge("split key", key.length() - 1, Limits.KEY_BYTES_MAX)));
        } else {
            new Run(key, scheduler.nowMicros() + timeoutMicros, callback).readDescriptor();
        }
    }

    /** One split under way. */
    private final class Run {
        private final Key key;
        private final long deadlineMicros;
        private final Consumer<SplitResult> callback;
        private int attempts;
        private @Nullable RangeId newId;

        /** Of a commit of the border that may have been made. */
        private @Nullable KvError unknown;

        private Run(Key key, long deadlineMicros, Consumer<SplitResult> callback) {
            this.key = key;
            this.deadlineMicros = deadlineMicros;
            this.callback = callback;
        }

        private void readDescriptor() {
            // The row of a range that ends at the key itself comes first, if there is one.
            Span from = new Span(KeySpace.meta(key), KeySpace.METAS.end());
            read(new KvOp.Scan(from, 2, ROW_BYTES_MAX), result -> {
                List<KvResult.Row> rows = ((KvResult.Scanned) result).rows();
                List<RangeDescriptor> found = new ArrayList<>(rows.size());
                try {
                    for (KvResult.Row row : rows) {
                        found.add(RangeDescriptorCodec.decode(row.value().bytes()));
                    }
                } catch (IllegalArgumentException e) {
                    fail(new KvError.Internal("the meta range holds no descriptor: " + e.getMessage(), false));
                    return;
                }
                if (found.size() == 2 && found.get(0).span().end().equals(key)) {
                    borderFound(found.get(0), found.get(1));
                } else if (!found.isEmpty() && found.get(0).span().contains(key)) {
                    withNewId(found.get(0), rows.get(0).value());
                } else {
                    fail(new KvError.Internal("no range holds " + KeySpace.describe(key) + ": " + found, false));
                }
            });
        }

        private void borderFound(RangeDescriptor left, RangeDescriptor right) {
            // An earlier attempt of our own whose answer was lost.
            boolean ours = right.id().equals(newId);
            callback.accept(ours ? new SplitResult.Split(left, right) : new SplitResult.AlreadySplit(left, right));
        }

        private void withNewId(RangeDescriptor old, Value oldBytes) {
            RangeId id = newId;
            if (id != null) {
                commit(old, oldBytes, id);
                return;
            }
            read(new KvOp.Get(KeySpace.rangeIdAllocator()), result -> {
                Value expected = ((KvResult.Got) result).value();
                long free = RangeIds.free(expected);
                if (free <= 0) {
                    fail(new KvError.Internal("the range id allocator holds " + free, false));
                    return;
                }
                KvOp.DataWrite take =
                        new KvOp.CompareAndSet(KeySpace.rangeIdAllocator(), expected, RangeIds.allocator(free + 1));
                transactions.commit(
                        take.key(),
                        List.of(take),
                        TransactionPort.Seen.NOTHING,
                        Value.EMPTY,
                        remainingMicros(),
                        error -> {
                            if (error == null) {
                                newId = new RangeId(free);
                                commit(old, oldBytes, new RangeId(free));
                            } else {
                                tryAgain(error);
                            }
                        });
            });
        }

        private void commit(RangeDescriptor old, Value oldBytes, RangeId id) {
            long generation = old.generation() + 1;
            RangeDescriptor left = new RangeDescriptor(
                    old.id(), generation, new Span(old.span().start(), key), old.replicas(), old.nextReplicaId());
            RangeDescriptor right = new RangeDescriptor(
                    id, generation, new Span(key, old.span().end()), old.replicas(), old.nextReplicaId());
            List<KvOp.DataWrite> writes = List.of(
                    new KvOp.CompareAndSet(
                            KeySpace.meta(right.span().end()),
                            oldBytes,
                            Value.wrap(RangeDescriptorCodec.encode(right))),
                    new KvOp.CompareAndSet(
                            KeySpace.meta(left.span().end()), null, Value.wrap(RangeDescriptorCodec.encode(left))));
            Value trigger = Value.wrap(new SplitTrigger(left, right).encode());
            transactions.commit(
                    anchor(left), writes, TransactionPort.Seen.NOTHING, trigger, remainingMicros(), error -> {
                        if (error == null) {
                            callback.accept(new SplitResult.Split(left, right));
                        } else {
                            unknown = error.provenNotExecuted() ? unknown : error;
                            tryAgain(error);
                        }
                    });
        }

        /** A key of the left side: its start, which is a key unless it is the start of everything. */
        private Key anchor(RangeDescriptor left) {
            Key start = left.span().start();
            return start.equals(Key.MIN) ? start.next() : start;
        }

        private void read(KvOp op, Consumer<KvResult> then) {
            KvHeader header = KvHeader.standalone(remainingMicros());
            sender.send(new KvBatch(header, List.of(op)), reply -> {
                if (reply instanceof KvReply.Refused refused) {
                    tryAgain(refused.error());
                } else {
                    then.accept(((KvReply.Done) reply).results().get(0));
                }
            });
        }

        private void tryAgain(KvError error) {
            attempts++;
            if (!worthRepeating(error) || attempts >= ATTEMPTS_MAX || deadlineMicros <= scheduler.nowMicros()) {
                fail(error);
            } else {
                scheduler.schedule(PAUSE_MICROS * attempts, this::readDescriptor);
            }
        }

        private boolean worthRepeating(KvError error) {
            return !(error instanceof KvError.Invalid
                    || error instanceof KvError.TooLarge
                    || error instanceof KvError.Internal);
        }

        private void fail(KvError error) {
            KvError earlier = unknown;
            callback.accept(new SplitResult.Failed(earlier != null && error.provenNotExecuted() ? earlier : error));
        }

        private long remainingMicros() {
            return Math.max(1, deadlineMicros - scheduler.nowMicros());
        }
    }
}
