package io.flotilla.node.replica;

import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.transport.ChecksumNote;
import io.flotilla.range.routing.RangeDescriptor;
import io.flotilla.range.routing.ReplicaInfo;
import java.util.Optional;

/**
 * A replica's part in finding out whether all copies of its range are the same: it says what its state adds up to whenever the log asks, and, as
 * leaseholder, sees to it that the log asks, compares, and has whoever is wrong quarantined.
 *
 * <p>Threading: the replica's own turn only.
 */
final class Checkup {
    private final StateApplier applier;
    private final ReplicaPorts ports;
    private final int self;
    private final ConsistencyCheck check;
    private boolean counting;

    Checkup(StateApplier applier, ReplicaPorts ports, int self) {
        this.applier = applier;
        this.ports = ports;
        this.self = self;
        this.check = new ConsistencyCheck(applier.applied().checksum());
    }

    /** Some entries were applied. */
    void applied(int leader) {
        StateApplier.Checked found = applier.takeChecked();
        if (found != null) {
            check.applied(found);
            if (leader == self) {
                judge(check.heard(applier.descriptor(), self, found));
            } else {
                say(leader, found, false);
            }
        }
        check.look(applier.applied().checksum(), ports.micros());
    }

    private void say(int to, StateApplier.Checked found, boolean diverged) {
        RangeDescriptor range = applier.descriptor();
        Optional<ReplicaInfo> replica = range.replica(to);
        if (replica.isPresent()) {
            ports.sendChecksum(
                    replica.get().node(), new ChecksumNote(range.id(), self, to, found.index(), found.sum(), diverged));
        }
    }

    /** By the leaseholder: what to propose now, if anything. */
    Optional<byte[]> due() {
        LocalState.Applied applied = applier.applied();
        long now = ports.micros();
        Mutation.Check due = check.due(applied.checksum(), applier.descriptor(), now);
        if (due == null && !applied.checksum().isExact() && !counting && check.wantsCount(now)) {
            counting = ports.countState(applier.descriptor(), applied.checksum());
        }
        return Optional.ofNullable(due).map(Mutation.Check::payload);
    }

    /** What is foreign in the checksum since a split. */
    void counted(Mutation.Check found) {
        counting = false;
        check.counted(found);
    }

    /** By the leaseholder: another replica says what it found. */
    void heard(ChecksumNote note) {
        judge(check.heard(
                applier.descriptor(), note.fromReplica(), new StateApplier.Checked(note.index(), note.sum())));
    }

    private void judge(ConsistencyCheck.Verdict verdict) {
        for (int wrong : verdict.diverged()) {
            if (wrong == self) {
                ports.diverged(verdict.index());
            } else {
                say(wrong, new StateApplier.Checked(verdict.index(), 0), true);
            }
        }
        if (!verdict.diverged().isEmpty() || verdict.undecided()) {
            ports.alarm(verdict);
        }
    }

    /** Whether nothing would come of time passing. */
    boolean isQuiet(boolean leaseholder) {
        return !leaseholder
                || applier.applied().checksum().isExact() && check.isQuiet(applier.descriptor(), ports.micros());
    }
}
