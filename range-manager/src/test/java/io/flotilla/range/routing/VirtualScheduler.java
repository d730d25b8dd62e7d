package io.flotilla.range.routing;

import java.util.ArrayList;
import java.util.List;

/** Virtual time. Tasks run when it is advanced, in the order they are due, then in the order they came. */
public final class VirtualScheduler implements Scheduler {
    private record Task(long at, long number, Runnable action) {}

    private final List<Task> tasks = new ArrayList<>();
    private long now = 1_000_000;
    private long numbers;

    @Override
    public void schedule(long delayMicros, Runnable task) {
        tasks.add(new Task(now + delayMicros, numbers++, task));
    }

    @Override
    public long nowMicros() {
        return now;
    }

    /** Runs what is due within {@code micros}; the clock stands at each task's time while it runs. */
    public void advance(long micros) {
        long until = now + micros;
        while (true) {
            Task next = null;
            for (Task task : tasks) {
                if (task.at <= until
                        && (next == null || task.at < next.at || (task.at == next.at && task.number < next.number))) {
                    next = task;
                }
            }
            if (next == null) {
                break;
            }
            tasks.remove(next);
            now = Math.max(now, next.at);
            next.action.run();
        }
        now = until;
    }

    public int waiting() {
        return tasks.size();
    }
}
