package io.flotilla.range.routing;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.key.Key;
import io.flotilla.config.key.KeySpace;
import io.flotilla.config.kv.KvBatch;
import io.flotilla.config.kv.KvError;
import io.flotilla.config.kv.KvReply;
import io.flotilla.config.lang.Invariant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One batch on its way to the one range that, as far as is known, holds all of its keys: from replica to replica, round after round, until
 * one serves it, the deadline passes, or the range turns out to have a border inside the batch.
 *
 * <p>Threading: one thread at a time; each step hands over to the next through a callback.
 */
final class Delivery {
    /** Moved ranges are followed at once this often; then only after a pause. */
    private static final int REDIRECTS_MAX = 4;

    private static final int CUT_OFF_FRACTION = 8;

    private final RouteContext context;
    private final KvBatch batch;
    private final Key key;
    private final long deadlineMicros;
    private final Consumer<KvReply> callback;

    /** Made with the first refusal. */
    private @Nullable Answers answers;

    /** Which replicas, by their place in the descriptor, were asked in this round. */
    private long triedBits;

    /** When the replica that was asked last must have answered; before the deadline if it got only a share of the time. */
    private long shareEndMicros;

    private int redirects;
    private long backoffMicros;
    private boolean maybeExecuted;
    private boolean stale;
    private @Nullable CachedRange range;
    private NodeId hint = NodeId.NONE;

    /** What a replica served when its share of the time was up; told to the caller if there is no time for another try. */
    private @Nullable KvError timedOut;

    /** @param maybeExecuted whether an earlier trip of the same operations got lost */
    Delivery(
            RouteContext context,
            KvBatch batch,
            long deadlineMicros,
            boolean maybeExecuted,
            Consumer<KvReply> callback) {
        this.context = context;
        this.batch = batch;
        this.key = batch.ops().get(0).key();
        this.deadlineMicros = deadlineMicros;
        this.maybeExecuted = maybeExecuted;
        this.callback = callback;
        this.backoffMicros = context.settings().backoffMicrosMin();
    }

    /** Begins a round: finds the range by what is known now. */
    void route() {
        CachedRange found = context.cache().find(key);
        if (found == null) {
            if (KeySpace.SYSTEM.contains(key)) {
                finish(new KvReply.Refused(
                        new KvError.Unavailable("NOT_INITIALIZED", key, "the meta range is not known", maybeExecuted)));
            } else {
                context.lookups().find(context, key, deadlineMicros, this::lookedUp);
            }
            return;
        }
        if (!Cut.fits(batch, found.span())) {
            Cut.start(context, batch, deadlineMicros, maybeExecuted, callback);
            return;
        }
        range = found;
        stale = false;
        hint = NodeId.NONE;
        triedBits = 0;
        tryNext(found);
    }

    private void lookedUp(@Nullable KvError error) {
        if (error == null) {
            route();
        } else if (Errors.isHopeless(error) || remainingMicros() <= 0) {
            finish(new KvReply.Refused(Errors.lookupFailed(key, error)));
        } else {
            timedOut = Errors.lookupFailed(key, error);
            pauseThenRoute();
        }
    }

    private void tryNext(CachedRange current) {
        int at = pick(current);
        if (at < 0) {
            roundOver(current);
            return;
        }
        long now = context.nowMicros();
        long remaining = deadlineMicros - now;
        if (remaining <= 0) {
            finish(new KvReply.Refused(outOfTime(current)));
            return;
        }
        triedBits |= 1L << at;
        long share = Math.min(remaining, attemptMicros());
        shareEndMicros = now + share;
        KvBatch sent = share == batch.header().timeoutMicros()
                ? batch
                : new KvBatch(batch.header().within(share), batch.ops());
        RangeDescriptor descriptor = current.descriptor();
        NodeId target = descriptor.replicas().get(at).node();
        context.link()
                .send(
                        target,
                        new RangeRequest(descriptor.id(), descriptor.generation(), sent),
                        reply -> answered(current, target, reply));
    }

    /**
     * Who is asked next: whom a refusal named, the last known leaseholder, this node, then the others in order; each once a round. Learners and
     * witnesses never: they cannot serve.
     *
     * @return its place in the descriptor; negative if all were asked
     */
    private int pick(CachedRange current) {
        List<ReplicaInfo> replicas = current.descriptor().replicas();
        int at = untried(replicas, hint);
        if (at < 0) {
            at = untried(replicas, current.leaseholder());
        }
        if (at < 0) {
            at = untried(replicas, context.self());
        }
        for (int i = 0; at < 0 && i < Math.min(replicas.size(), Long.SIZE); i++) {
            if ((triedBits & (1L << i)) == 0 && replicas.get(i).mayLead()) {
                at = i;
            }
        }
        return at;
    }

    private int untried(List<ReplicaInfo> replicas, NodeId node) {
        if (node.isKnown()) {
            for (int i = 0; i < Math.min(replicas.size(), Long.SIZE); i++) {
                if (replicas.get(i).node().equals(node) && replicas.get(i).mayLead()) {
                    return (triedBits & (1L << i)) == 0 ? i : -1;
                }
            }
        }
        return -1;
    }

    private void answered(CachedRange current, NodeId from, RangeReply reply) {
        if (reply instanceof RangeReply.Served served) {
            served(current, from, served.reply());
            return;
        }
        hint = NodeId.NONE;
        timedOut = null;
        Answers answers = answers();
        if (reply instanceof RangeReply.NotLeaseholder refusal) {
            answers.noteNotLeaseholder(from, refusal.leaseholder());
            current.forgetLeaseholder(from);
            follow(current, from, refusal.leaseholder());
            tryNext(current);
        } else if (reply instanceof RangeReply.RangeMismatch mismatch) {
            answers.note(from, Answers.Kind.ELSEWHERE, "range moved");
            mismatched(current, from, mismatch.current());
        } else if (reply instanceof RangeReply.RangeUnknown) {
            answers.note(from, Answers.Kind.ELSEWHERE, "range unknown");
            current.forgetLeaseholder(from);
            stale = true;
            tryNext(current);
        } else if (reply instanceof RangeReply.NoQuorum refusal) {
            answers.note(from, Answers.Kind.NO_QUORUM, refusal.detail());
            tryNext(current);
        } else if (reply instanceof RangeReply.Lost lost) {
            answers.note(from, Answers.Kind.LOST, lost.detail());
            current.forgetLeaseholder(from);
            lost(current, lost.maybeExecuted());
        } else {
            throw new Invariant.Violation("unknown kind of range reply: " + reply);
        }
    }

    private void follow(CachedRange current, NodeId from, NodeId leaseholder) {
        if (!leaseholder.isKnown() || leaseholder.equals(from)) {
            return;
        }
        if (current.descriptor().replicaOn(leaseholder).isPresent()) {
            current.learnLeaseholder(leaseholder);
            hint = leaseholder;
        } else {
            stale = true;
        }
    }

    private void mismatched(CachedRange current, NodeId from, List<RangeDescriptor> known) {
        for (RangeDescriptor descriptor : known) {
            context.cache().insert(descriptor);
            CachedRange cached = context.cache().find(descriptor.span().start());
            if (cached != null && !cached.leaseholder().isKnown()) {
                // After a split both sides are usually led from the same node.
                cached.learnLeaseholder(from);
            }
        }
        if (context.cache().find(key) == current) {
            // The replica knows nothing newer than we do: it lags behind, or both of us do.
            stale = true;
            tryNext(current);
        } else if (++redirects <= REDIRECTS_MAX) {
            route();
        } else {
            pauseThenRoute();
        }
    }

    private void served(CachedRange current, NodeId from, KvReply reply) {
        if (!(reply instanceof KvReply.Refused refused)) {
            current.learnLeaseholder(from);
            finish(reply);
            return;
        }
        KvError error = refused.error();
        if (error instanceof KvError.Unavailable unavailable) {
            answers().note(from, Answers.Kind.LOST, unavailable.message());
            lost(current, unavailable.maybeExecuted());
        } else if (shareEndMicros < deadlineMicros
                && (error instanceof KvError.LockTimeout || error instanceof KvError.DeadlineExceeded)) {
            busy(from, error);
        } else {
            finish(reply);
        }
    }

    /** The replica had only a share of the time and used it up waiting for others: spend what is left. */
    private void busy(NodeId from, KvError error) {
        answers().note(from, Answers.Kind.BUSY, error.message());
        timedOut = error;
        if (!error.provenNotExecuted() && !batch.isReadOnly()) {
            maybeExecuted = true;
            if (!Cut.mayRepeat(batch)) {
                finish(new KvReply.Refused(error));
                return;
            }
        }
        pauseThenRoute();
    }

    private void lost(CachedRange current, boolean perhapsExecuted) {
        if (perhapsExecuted && !batch.isReadOnly()) {
            maybeExecuted = true;
            if (!Cut.mayRepeat(batch)) {
                finish(new KvReply.Refused(answers().unavailable(current.descriptor(), key, "UNREACHABLE", true)));
                return;
            }
        }
        tryNext(current);
    }

    private void roundOver(CachedRange current) {
        RangeDescriptor descriptor = current.descriptor();
        if (answers().provesNoQuorum(descriptor)) {
            finish(new KvReply.Refused(answers().unavailable(descriptor, key, "NO_QUORUM", maybeExecuted)));
            return;
        }
        if (stale) {
            context.cache().evict(current);
        } else if (answers().allLost(descriptor)) {
            context.lookups().refresh(context, descriptor);
        }
        if (remainingMicros() <= 0) {
            finish(new KvReply.Refused(outOfTime(current)));
        } else {
            pauseThenRoute();
        }
    }

    private void pauseThenRoute() {
        long delay = Math.min(context.jittered(backoffMicros), Math.max(1, remainingMicros()));
        backoffMicros = Math.min(2 * backoffMicros, context.settings().backoffMicrosMax());
        context.scheduler().schedule(delay, this::resume);
    }

    private void resume() {
        CachedRange last = range;
        if (remainingMicros() > 0) {
            route();
        } else if (last != null) {
            finish(new KvReply.Refused(outOfTime(last)));
        } else {
            KvError error = timedOut;
            finish(new KvReply.Refused(error != null ? error : new KvError.DeadlineExceeded("ROUTE", maybeExecuted)));
        }
    }

    /** Once a leader said that it is cut off, the others are asked only in case it was deposed: that must not take long. */
    private long attemptMicros() {
        long most = context.settings().attemptMicrosMax();
        Answers noted = answers;
        return noted != null && noted.anyNoQuorum() ? Math.max(1, most / CUT_OFF_FRACTION) : most;
    }

    private KvError outOfTime(CachedRange current) {
        KvError error = timedOut;
        if (error != null) {
            return error;
        }
        RangeDescriptor descriptor = current.descriptor();
        return answers().allSilent(descriptor)
                ? answers().unavailable(descriptor, key, answers().reason(descriptor), maybeExecuted)
                : new KvError.DeadlineExceeded("ROUTE", maybeExecuted);
    }

    private Answers answers() {
        Answers noted = answers;
        if (noted == null) {
            noted = new Answers();
            answers = noted;
        }
        return noted;
    }

    private long remainingMicros() {
        return deadlineMicros - context.nowMicros();
    }

    private void finish(KvReply reply) {
        if (maybeExecuted && reply instanceof KvReply.Refused refused) {
            callback.accept(new KvReply.Refused(Errors.hedged(refused.error(), key)));
        } else {
            callback.accept(reply);
        }
    }
}
