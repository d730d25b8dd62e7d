package io.flotilla.node.transport.wire;

import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.RaftMessage;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Raft messages. A message is a kind byte, its addresses and term, then its own fields. Entries of an append carry no index: they follow {@code
 * prevIndex} without gaps; their terms are written as differences.
 */
public final class RaftMessageCodec {
    private static final byte VOTE_REQUEST = 1;
    private static final byte VOTE_REPLY = 2;
    private static final byte APPEND = 3;
    private static final byte APPEND_REPLY = 4;
    private static final byte TIMEOUT_NOW = 5;
    private static final byte ASK_DEFORTIFY = 6;
    private static final byte DEFORTIFY = 7;

    private static final LogEntry.Kind[] KINDS = LogEntry.Kind.values();

    private RaftMessageCodec() {}

    public static void encode(RaftMessage message, ByteBuffer out) {
        message.accept(new Writer(out));
    }

    /** @throws WireFormatException if the bytes are not a message */
    public static RaftMessage decode(ByteBuffer in) {
        return Wire.decoding("raft message", in, RaftMessageCodec::read);
    }

    private static RaftMessage read(ByteBuffer in) {
        byte kind = in.get();
        int from = Wire.getInt(in);
        int to = Wire.getInt(in);
        long term = Wire.getVarint(in);
        return switch (kind) {
            case VOTE_REQUEST -> {
                boolean pre = Wire.getFlag(in);
                boolean transfer = Wire.getFlag(in);
                long lastIndex = Wire.getVarint(in);
                yield new RaftMessage.VoteRequest(from, to, term, pre, lastIndex, Wire.getVarint(in), transfer);
            }
            case VOTE_REPLY -> {
                boolean pre = Wire.getFlag(in);
                boolean granted = Wire.getFlag(in);
                yield new RaftMessage.VoteReply(from, to, term, pre, granted, Wire.getTimestamp(in));
            }
            case APPEND -> readAppend(in, from, to, term);
            case APPEND_REPLY -> {
                boolean success = Wire.getFlag(in);
                long index = Wire.getVarint(in);
                long conflictTerm = Wire.getVarint(in);
                long round = Wire.getVarint(in);
                yield new RaftMessage.AppendReply(
                        from, to, term, success, index, conflictTerm, round, Wire.getVarint(in));
            }
            case TIMEOUT_NOW -> new RaftMessage.TimeoutNow(from, to, term, Wire.getTimestamp(in));
            case ASK_DEFORTIFY -> new RaftMessage.AskDefortify(from, to, term);
            case DEFORTIFY -> new RaftMessage.Defortify(from, to, term, Wire.getTimestamp(in));
            default -> throw Wire.unknownKind("raft message", kind);
        };
    }

    private static RaftMessage readAppend(ByteBuffer in, int from, int to, long term) {
        long prevIndex = Wire.getVarint(in);
        long prevTerm = Wire.getVarint(in);
        long commit = Wire.getVarint(in);
        long round = Wire.getVarint(in);
        EntryReader reader = new EntryReader(prevIndex, prevTerm);
        List<LogEntry> entries = Wire.getList(in, reader::read);
        return new RaftMessage.Append(from, to, term, prevIndex, prevTerm, entries, commit, round);
    }

    /** Gives entries back the index and term that their place in the message implies. */
    private static final class EntryReader {
        private long index;
        private long term;

        EntryReader(long prevIndex, long prevTerm) {
            this.index = prevIndex;
            this.term = prevTerm;
        }

        LogEntry read(ByteBuffer in) {
            int kind = in.get();
            if (kind < 0 || kind >= KINDS.length) {
                throw Wire.unknownKind("log entry", kind);
            }
            index++;
            term += Wire.getVarint(in);
            return new LogEntry(index, term, KINDS[kind], Wire.getBytes(in));
        }
    }

    private static final class Writer implements RaftMessage.Visitor<ByteBuffer> {
        private final ByteBuffer out;

        Writer(ByteBuffer out) {
            this.out = out;
        }

        @Override
        public ByteBuffer visit(RaftMessage.VoteRequest message) {
            head(VOTE_REQUEST, message);
            Wire.putFlag(out, message.pre());
            Wire.putFlag(out, message.transfer());
            Wire.putVarint(out, message.lastIndex());
            Wire.putVarint(out, message.lastTerm());
            return out;
        }

        @Override
        public ByteBuffer visit(RaftMessage.VoteReply message) {
            head(VOTE_REPLY, message);
            Wire.putFlag(out, message.pre());
            Wire.putFlag(out, message.granted());
            Wire.putTimestamp(out, message.leaseSeen());
            return out;
        }

        @Override
        public ByteBuffer visit(RaftMessage.Append message) {
            head(APPEND, message);
            Wire.putVarint(out, message.prevIndex());
            Wire.putVarint(out, message.prevTerm());
            Wire.putVarint(out, message.commit());
            Wire.putVarint(out, message.round());
            List<LogEntry> entries = message.entries();
            Wire.putVarint(out, entries.size());
            long index = message.prevIndex();
            long term = message.prevTerm();
            for (int i = 0; i < entries.size(); i++) {
                LogEntry entry = entries.get(i);
                index++;
                if (entry.index() != index) {
                    throw new IllegalArgumentException(
                            "append has a gap: entry " + entry.index() + " where " + index + " is due");
                }
                out.put((byte) entry.kind().ordinal());
                Wire.putVarint(out, entry.term() - term);
                Wire.putBytes(out, entry.payload());
                term = entry.term();
            }
            return out;
        }

        @Override
        public ByteBuffer visit(RaftMessage.AppendReply message) {
            head(APPEND_REPLY, message);
            Wire.putFlag(out, message.success());
            Wire.putVarint(out, message.index());
            Wire.putVarint(out, message.conflictTerm());
            Wire.putVarint(out, message.round());
            Wire.putVarint(out, message.fortifiedEpoch());
            return out;
        }

        @Override
        public ByteBuffer visit(RaftMessage.TimeoutNow message) {
            head(TIMEOUT_NOW, message);
            Wire.putTimestamp(out, message.servedUpTo());
            return out;
        }

        @Override
        public ByteBuffer visit(RaftMessage.AskDefortify message) {
            head(ASK_DEFORTIFY, message);
            return out;
        }

        @Override
        public ByteBuffer visit(RaftMessage.Defortify message) {
            head(DEFORTIFY, message);
            Wire.putTimestamp(out, message.servedUpTo());
            return out;
        }

        private void head(byte kind, RaftMessage message) {
            out.put(kind);
            Wire.putVarint(out, message.from());
            Wire.putVarint(out, message.to());
            Wire.putVarint(out, message.term());
        }
    }
}
