package io.flotilla.node.transport;

import akka.dispatch.AbstractNodeQueue;
import akka.dispatch.TaskInvocation;
import java.lang.reflect.Field;
import java.nio.channels.Selector;
import org.jspecify.annotations.Nullable;

/**
 * Akka's look at its sockets, among the tasks that a dispatcher is given: it waits until a socket has something or its selector is woken, and then asks to be
 * run again. Akka keeps it in a queue of its own, with other tasks for the selector between, and gives the dispatcher that queue as the task; with a
 * throughput of one, the task does what is first in the queue and no more.
 *
 * <p>Akka keeps the selector to itself, so this reads its fields; the version is fixed, and a node does not start where they are not found.
 */
final class SelectTask {
    private static final String REGISTRY = "akka.io.SelectionHandler$ChannelRegistryImpl";

    private final AbstractNodeQueue<?> queue;
    private final Object look;
    private final Selector selector;

    private SelectTask(AbstractNodeQueue<?> queue, Object look, Selector selector) {
        this.queue = queue;
        this.look = look;
        this.selector = selector;
    }

    /** The look at the sockets, if this is the first task of Akka's selector; otherwise null. Only for the thread that runs the tasks. */
    static @Nullable SelectTask first(Runnable task) {
        if (!(task instanceof TaskInvocation invocation)
                || !(invocation.runnable() instanceof AbstractNodeQueue<?> queue)) {
            return null;
        }
        Object head = queue.peek();
        if (head == null || !head.getClass().getName().startsWith(REGISTRY)) {
            return null;
        }
        try {
            Field outer = head.getClass().getDeclaredField("$outer");
            outer.setAccessible(true);
            Object registry = outer.get(head);
            Field selector = registry.getClass().getField("akka$io$SelectionHandler$ChannelRegistryImpl$$selector");
            return new SelectTask(queue, head, (Selector) selector.get(registry));
        } catch (ReflectiveOperationException unknown) {
            throw new IllegalStateException("this version of Akka has another selector than is known here", unknown);
        }
    }

    /** Whether this task would be the look again. Only for the thread that runs the tasks. */
    boolean isNextIn(Runnable task) {
        return task instanceof TaskInvocation invocation && invocation.runnable() == queue && queue.peek() == look;
    }

    /** Makes the look that waits, or else the next one, return at once. Any thread. */
    void wake() {
        selector.wakeup();
    }
}
