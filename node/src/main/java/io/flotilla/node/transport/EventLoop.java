package io.flotilla.node.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One thread that runs tasks, and when there are none waits at the sockets: a message is read, decoded and handled by the thread that the socket woke. With a
 * thread for the selector and another for the streams, each message wakes the first one twice and the second one once.
 *
 * <p>Thread-safe. Tasks run one at a time in the order given, but for Akka's look at its sockets ({@link SelectTask}), which waits until nothing else is to be
 * done, though never for more than some tasks.
 */
final class EventLoop extends AbstractExecutorService {
    /** After so many the sockets are looked at, whatever else is to be done. */
    private static final int TASKS_PER_LOOK = 64;

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;

    /** True while the thread waits or is about to, for a socket or for a task; whoever makes it false wakes it. */
    private final AtomicBoolean waiting = new AtomicBoolean();

    /** Akka's look at its sockets; null before there are any. */
    private volatile @Nullable SelectTask select;

    private volatile boolean shutdown;

    EventLoop(ThreadFactory threads) {
        thread = threads.newThread(this::run);
        thread.start();
    }

    @Override
    public void execute(Runnable task) {
        if (shutdown) {
            throw new RejectedExecutionException("the event loop is shut down");
        }
        tasks.add(task);
        if (Thread.currentThread() != thread) {
            wake();
        }
    }

    private void wake() {
        if (waiting.compareAndSet(true, false)) {
            SelectTask known = select;
            if (known != null) {
                known.wake();
            }
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!shutdown || !tasks.isEmpty()) {
            Runnable look = runSome();
            waiting.set(true);
            if (look != null) {
                if (!tasks.isEmpty() || shutdown) {
                    wake(); // a look only, not a wait
                }
                run(look);
            } else if (tasks.isEmpty() && !shutdown) {
                LockSupport.park(this);
            }
            waiting.set(false);
        }
    }

    /** Runs what is to be done, but for the look; returns that, if it is due. */
    private @Nullable Runnable runSome() {
        Runnable due = null;
        for (int ran = 0; ran < TASKS_PER_LOOK; ran++) {
            Runnable task = tasks.poll();
            if (task == null) {
                break;
            } else if (isLook(task)) {
                due = task;
            } else {
                run(task);
            }
        }
        return due;
    }

    private boolean isLook(Runnable task) {
        SelectTask known = select;
        if (known != null) {
            return known.isNextIn(task);
        }
        known = SelectTask.first(task);
        select = known;
        return known != null;
    }

    /** A task that fails is reported as if its thread had died of it, and takes no other's turn. */
    private void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error failure) {
            thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
        }
    }

    @Override
    public void shutdown() {
        shutdown = true;
        wake();
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown();
        List<Runnable> left = new ArrayList<>();
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            left.add(task);
        }
        return left;
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown && !thread.isAlive();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        unit.timedJoin(thread, timeout);
        return isTerminated();
    }
}
