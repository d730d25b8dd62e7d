package io.flotilla.node;

import io.flotilla.node.liveness.service.LivenessCorruptException;
import io.flotilla.node.log.LogCorruptException;
import io.flotilla.node.log.LogInspector;
import io.flotilla.node.storage.StateCorruptException;
import java.io.IOException;
import java.util.List;

/** A store that is damaged serves nothing, and says which file is damaged, which ranges that concerns, and what to do. */
final class Damage {
    /** Exit code of a node whose store's data is damaged. */
    static final int EXIT_DAMAGED = 65;

    private static final String ALL = "it concerns all replicas of this store";

    private static final int RANGES_NAMED_MAX = 20;

    private Damage() {}

    static boolean isDamage(Throwable failure) {
        return promisesLost(failure)
                || cause(failure, LogCorruptException.class)
                || cause(failure, StateCorruptException.class);
    }

    private static boolean promisesLost(Throwable failure) {
        return cause(failure, LivenessCorruptException.class);
    }

    private static boolean cause(Throwable failure, Class<? extends Throwable> kind) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (kind.isInstance(each)) {
                return true;
            }
        }
        return false;
    }

    /** Found before anything was served or written. The exit code. */
    static int sayAtStart(NodeSettings settings, Throwable failure) {
        return say(settings, failure, "nothing was served, and nothing on disk was changed; " + ranges(settings));
    }

    /** Found by a read of a server that is at work; quickly, for it must not go on. The exit code. */
    static int sayWhileRunning(NodeSettings settings, Throwable failure) {
        return say(settings, failure, "nothing of what is damaged was served; " + ALL);
    }

    private static int say(NodeSettings settings, Throwable failure, String state) {
        String advice = promisesLost(failure)
                ? "this node's promises to other nodes cannot be restored: decommission it and start a new one"
                : "flotilla debug rebuild " + settings.data()
                        + ", then start the node again: its replicas are made anew from their peers";
        return StartCommand.fail(
                EXIT_DAMAGED,
                "node " + settings.node().value() + " stops: its store in " + settings.data() + " is damaged",
                failure.getMessage(),
                state,
                advice);
    }

    private static String ranges(NodeSettings settings) {
        try {
            List<Long> ids = LogInspector.verify(settings.data()).ranges().stream()
                    .map(LogInspector.RangeSummary::range)
                    .toList();
            List<Long> named = ids.subList(0, Math.min(RANGES_NAMED_MAX, ids.size()));
            // What was damaged may have held a vote, or entries, of any range.
            return "it concerns all " + ids.size() + " replicas of this store, of ranges "
                    + named.toString().replaceAll("[\\[\\]]", "")
                    + (named.size() < ids.size() ? " and others" : "");
        } catch (IOException | RuntimeException unreadable) {
            return ALL;
        }
    }
}
