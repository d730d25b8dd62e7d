package io.flotilla.node.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.raft.HardState;
import io.flotilla.node.raft.LogEntry;
import io.flotilla.node.raft.LogView;
import java.util.ArrayList;
import java.util.List;

/**
 * What one range's log was after each thing that was done to it, and how much of that was acknowledged. A log that was recovered must be one of the states
 * from the last acknowledged one on.
 *
 * <p>Threading: one thread does things, another acknowledges and checks.
 */
final class LogModel {
    /**
     * @param life grows when everything is thrown away
     * @param floor a log that begins before it has something that was thrown away for good
     */
    private record State(int life, long base, long floor, List<Long> terms, HardState hardState) {
        long last() {
            return base + terms.size();
        }
    }

    private final List<State> states = new ArrayList<>(List.of(new State(0, 0, 0, List.of(), HardState.INITIAL)));
    private int acknowledged;

    private synchronized State now() {
        return states.get(states.size() - 1);
    }

    private synchronized int add(State next) {
        states.add(next);
        return states.size() - 1;
    }

    long base() {
        return now().base();
    }

    long last() {
        return now().last();
    }

    long commit() {
        return now().hardState().commit();
    }

    long termAt(long index) {
        State now = now();
        return now.terms().get((int) (index - now.base() - 1));
    }

    /** Each returns a number to {@link #acknowledge}. */
    int append(List<LogEntry> entries) {
        State now = now();
        int kept = (int) (entries.get(0).index() - now.base() - 1);
        List<Long> terms = new ArrayList<>(now.terms().subList(0, kept));
        int number = 0;
        for (LogEntry entry : entries) {
            // Much at once is written in several records.
            terms.add(entry.term());
            number = add(new State(now.life(), now.base(), now.floor(), List.copyOf(terms), now.hardState()));
        }
        return number;
    }

    int hardState(HardState hardState) {
        State now = now();
        return add(new State(now.life(), now.base(), now.floor(), now.terms(), hardState));
    }

    int compact(long index) {
        State now = now();
        return add(new State(
                now.life(),
                index,
                now.floor(),
                List.copyOf(now.terms()
                        .subList((int) (index - now.base()), now.terms().size())),
                now.hardState()));
    }

    int reset(long index) {
        return add(new State(now().life() + 1, index, index, List.of(), now().hardState()));
    }

    int remove() {
        return add(new State(now().life() + 1, 0, 0, List.of(), HardState.INITIAL));
    }

    synchronized void acknowledge(int state) {
        acknowledged = Math.max(acknowledged, state);
    }

    synchronized int acknowledged() {
        return acknowledged;
    }

    /** Whether nothing was done since. */
    synchronized boolean isAll(int state) {
        return state == states.size() - 1;
    }

    /** What may be found must have been acknowledged by {@code from} or done since; which of all that it is. Also checks each payload. */
    synchronized int find(String what, int from, LogView view, HardState hardState) {
        LogFixture.contents(view);
        for (int i = states.size() - 1; i >= from; i--) {
            if (is(states.get(i), forgotten(i), view, hardState)) {
                return i;
            }
        }
        assertThat(what)
                .as(
                        "found [%s, %s] with %s, which is none of the states from the acknowledged %s to %s",
                        view.firstIndex(), view.lastIndex(), hardState, states.get(from), states.get(states.size() - 1))
                .isEmpty();
        return -1;
    }

    /** Up to where the log could do without, at the end of that state's life: what is moved to another file leaves out what may be forgotten by then. */
    private long forgotten(int state) {
        long index = 0;
        for (int i = state;
                i < states.size() && states.get(i).life() == states.get(state).life();
                i++) {
            index = Math.max(index, states.get(i).base());
        }
        return index;
    }

    /** Compaction is not durable at once, so the log may begin earlier; nor does it wait for writes that came before it, so it may begin later. */
    private static boolean is(State state, long forgotten, LogView view, HardState hardState) {
        long base = view.firstIndex() - 1;
        boolean same = base <= forgotten
                && base >= state.floor()
                && view.lastIndex() == state.last()
                && hardState.equals(state.hardState());
        for (long index = Math.max(base, state.base()) + 1; same && index <= state.last(); index++) {
            same = view.termAt(index) == state.terms().get((int) (index - state.base() - 1));
        }
        return same;
    }
}
