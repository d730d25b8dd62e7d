package io.flotilla.node.transport;

import io.flotilla.node.liveness.LivenessMessage;
import io.flotilla.node.raft.RaftMessage;
import io.flotilla.range.routing.RangeId;
import io.flotilla.range.routing.RangeReply;
import io.flotilla.range.routing.RangeRequest;

/** One arrived piece of an envelope. */
sealed interface Frame {
    byte RAFT = 1;
    byte CALL = 2;
    byte REPLY = 3;
    byte SNAPSHOT_TAKEN = 4;
    byte LIVENESS = 5;
    byte NOTICE = 7;
    byte CHECKSUM = 8;

    /** The compiler checks that each kind is handled. */
    interface Handler {
        void raft(RangeId range, RaftMessage message);

        void call(long callId, RangeRequest request);

        void reply(long callId, RangeReply reply);

        void snapshotTaken(long parcel, SnapshotVerdict verdict);

        void liveness(LivenessMessage message);

        void notice(ReplicaNotice notice);

        void checksum(ChecksumNote note);
    }

    void deliver(Handler handler);

    record Raft(RangeId range, RaftMessage message) implements Frame {
        @Override
        public void deliver(Handler handler) {
            handler.raft(range, message);
        }
    }

    record Call(long callId, RangeRequest request) implements Frame {
        @Override
        public void deliver(Handler handler) {
            handler.call(callId, request);
        }
    }

    record Reply(long callId, RangeReply reply) implements Frame {
        @Override
        public void deliver(Handler handler) {
            handler.reply(callId, reply);
        }
    }

    record SnapshotTaken(long parcel, SnapshotVerdict verdict) implements Frame {
        @Override
        public void deliver(Handler handler) {
            handler.snapshotTaken(parcel, verdict);
        }
    }

    record Liveness(LivenessMessage message) implements Frame {
        @Override
        public void deliver(Handler handler) {
            handler.liveness(message);
        }
    }

    record Notice(ReplicaNotice notice) implements Frame {
        @Override
        public void deliver(Handler handler) {
            handler.notice(notice);
        }
    }

    record Checksum(ChecksumNote note) implements Frame {
        @Override
        public void deliver(Handler handler) {
            handler.checksum(note);
        }
    }
}
