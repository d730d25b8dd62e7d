package io.flotilla.node.transport.wire;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.Span;
import io.flotilla.config.key.Value;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvHeader;
import io.flotilla.config.kv.KvOp;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.kv.KvResult;
import io.flotilla.config.kv.Observed;
import io.flotilla.config.time.Timestamp;
import io.flotilla.config.txn.TxnId;
import io.flotilla.config.txn.TxnMeta;
import io.flotilla.config.txn.TxnRecord;
import io.flotilla.config.txn.TxnStatus;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Random values of everything that travels, from a seed. */
final class Samples {
    private final Random random;

    Samples(long seed) {
        this.random = new Random(seed);
    }

    // ---- Raft --------------------------------------------------------------------------------------------------

    List<RaftMessage> raftOfEachKind() {
        int from = number();
        int to = number();
        return List.of(
                new RaftMessage.VoteRequest(from, to, big(), flag(), big(), big(), flag()),
                new RaftMessage.VoteReply(from, to, big(), flag(), flag(), timestamp()),
                append(from, to),
                new RaftMessage.AppendReply(from, to, big(), flag(), big(), big(), big(), big()),
                new RaftMessage.TimeoutNow(from, to, big(), timestamp()),
                new RaftMessage.AskDefortify(from, to, big()),
                new RaftMessage.Defortify(from, to, big(), timestamp()));
    }

    private RaftMessage.Append append(int from, int to) {
        long prevIndex = big() >>> 1;
        long prevTerm = big() >>> 2;
        long term = prevTerm;
        List<LogEntry> entries = new ArrayList<>();
        int count = random.nextInt(5);
        for (int i = 1; i <= count; i++) {
            term += random.nextInt(3);
            LogEntry.Kind kind = LogEntry.Kind.values()[random.nextInt(LogEntry.Kind.values().length)];
            entries.add(new LogEntry(prevIndex + i, term, kind, bytes(40)));
        }
        return new RaftMessage.Append(from, to, term, prevIndex, prevTerm, entries, big(), big());
    }

    // ---- keys and values ---------------------------------------------------------------------------------------

    RangeRequest request() {
        return new RangeRequest(new RangeId(1 + big() / 2), big(), batch());
    }

    KvBatch batch() {
        return new KvBatch(header(), opOfEachKind());
    }

    private KvHeader header() {
        Timestamp uncertainty = flag() ? timestamp() : Timestamp.ZERO;
        Timestamp at = flag() ? timestamp() : Timestamp.ZERO;
        return new KvHeader(at, uncertainty, list(3, this::observed), meta(), flag(), 1 + big() / 2);
    }

    List<KvOp> opOfEachKind() {
        return List.of(
                new KvOp.Get(key()),
                new KvOp.Scan(span(), 1 + number() / 2, 1 + big() / 2),
                new KvOp.Refresh(span(), timestamp()),
                new KvOp.Put(key(), value()),
                new KvOp.Delete(key()),
                new KvOp.CompareAndSet(key(), optionalValue(), optionalValue()),
                new KvOp.EndTxn(key(), TxnStatus.values()[1 + random.nextInt(3)], list(4, this::key), value()),
                new KvOp.HeartbeatTxn(key()),
                new KvOp.PushTxn(key(), meta(), flag()),
                new KvOp.LookupTxn(key(), txnId(), flag()),
                new KvOp.RecoverTxn(key(), txnId(), timestamp(), flag()),
                new KvOp.ForgetTxn(key(), txnId()),
                new KvOp.QueryIntent(key(), txnId(), timestamp()),
                new KvOp.ResolveIntent(key(), txnId(), TxnStatus.values()[2 + random.nextInt(2)], timestamp()));
    }

    KvReply.Done done() {
        return new KvReply.Done(resultOfEachKind(), timestamp(), list(3, this::observed));
    }

    List<KvResult> resultOfEachKind() {
        return List.of(
                new KvResult.Got(optionalValue(), timestamp()),
                new KvResult.Scanned(list(4, () -> new KvResult.Row(key(), value())), flag() ? key() : null),
                new KvResult.Ended(status(), timestamp()),
                new KvResult.Record(flag() ? record() : null),
                new KvResult.IntentQueried(flag()),
                KvResult.Acknowledged.INSTANCE);
    }

    List<KvError> errorOfEachKind() {
        return List.of(
                new KvError.ConditionFailed(key(), optionalValue()),
                new KvError.Pushed(key(), timestamp()),
                new KvError.ReadUncertain(key(), timestamp()),
                new KvError.RefreshFailed(key()),
                new KvError.TxnAborted(txnId(), text()),
                new KvError.LockTimeout(key(), meta()),
                new KvError.DeadlineExceeded(text(), flag()),
                new KvError.Unavailable(text(), key(), text(), flag()),
                new KvError.TooLarge(text(), big(), big()),
                new KvError.Invalid(text()),
                new KvError.Overloaded(text(), big()),
                new KvError.DiskFull(text(), big(), big()),
                new KvError.OutcomeUnknown(txnId(), key()),
                new KvError.Internal(text(), flag()),
                new KvError.TooOld(key(), timestamp(), flag()));
    }

    /** One of each kind; the served ones hold one of each kind in turn. */
    List<RangeReply> replyOfEachKind() {
        List<RangeReply> replies = new ArrayList<>();
        replies.add(new RangeReply.Served(done()));
        for (KvError error : errorOfEachKind()) {
            replies.add(new RangeReply.Served(new KvReply.Refused(error)));
        }
        replies.add(new RangeReply.NotLeaseholder(new NodeId(random.nextInt(4))));
        replies.add(new RangeReply.RangeMismatch(list(3, this::descriptor)));
        replies.add(new RangeReply.RangeUnknown());
        replies.add(new RangeReply.NoQuorum(text()));
        replies.add(new RangeReply.Lost(flag(), text()));
        return replies;
    }

    RangeDescriptor descriptor() {
        List<ReplicaInfo> replicas = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(4); i++) {
            NodeId node = new NodeId(1 + number() / 2);
            replicas.add(new ReplicaInfo(node, 1 + number() / 2, ReplicaInfo.Kind.values()[i % 4], i % 3 == 1));
        }
        return new RangeDescriptor(new RangeId(1 + big() / 2), big(), span(), replicas, number());
    }

    // ---- vocabulary --------------------------------------------------------------------------------------------

    private TxnRecord record() {
        return new TxnRecord(meta(), status(), timestamp(), timestamp(), list(4, this::key));
    }

    private TxnMeta meta() {
        return flag() ? TxnMeta.NONE : new TxnMeta(txnId(), key(), timestamp(), random.nextLong());
    }

    private TxnStatus status() {
        return TxnStatus.values()[random.nextInt(4)];
    }

    private TxnId txnId() {
        return new TxnId(random.nextLong(), random.nextLong());
    }

    private Observed observed() {
        return new Observed(new NodeId(number()), timestamp());
    }

    private Span span() {
        Key start = key();
        return new Span(start, Key.wrap(concat(start.bytes(), bytes(5))));
    }

    private static byte[] concat(byte[] head, byte[] tail) {
        byte[] both = new byte[head.length + 1 + tail.length];
        System.arraycopy(head, 0, both, 0, head.length);
        System.arraycopy(tail, 0, both, head.length + 1, tail.length);
        return both;
    }

    private Key key() {
        return Key.wrap(bytes(20));
    }

    private Value value() {
        return Value.wrap(bytes(200));
    }

    private @Nullable Value optionalValue() {
        return flag() ? null : value();
    }

    private Timestamp timestamp() {
        return new Timestamp(random.nextLong() >>> (1 + random.nextInt(63)));
    }

    private String text() {
        return "grün".repeat(random.nextInt(3));
    }

    private byte[] bytes(int lengthMax) {
        byte[] bytes = new byte[random.nextInt(lengthMax + 1)];
        random.nextBytes(bytes);
        return bytes;
    }

    private boolean flag() {
        return random.nextBoolean();
    }

    private int number() {
        return random.nextInt() >>> (1 + random.nextInt(31));
    }

    private long big() {
        return random.nextLong() >>> (1 + random.nextInt(63));
    }

    private <T> List<T> list(int sizeMax, Supplier<T> element) {
        List<T> list = new ArrayList<>();
        int size = random.nextInt(sizeMax + 1);
        for (int i = 0; i < size; i++) {
            list.add(element.get());
        }
        return list;
    }
}
