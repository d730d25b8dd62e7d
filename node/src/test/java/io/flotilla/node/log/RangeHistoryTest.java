package io.flotilla.node.log;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.node.raft.HardState;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Goal: however a log is cut into files, and however many of its oldest files were collected, it adds up to the same. Method: random logs, a slow model
 * that replays them one by one, cuts everywhere.
 */
class RangeHistoryTest {
    private static final int LOGS = 400;
    private static final int STEPS = 60;

    /** What a range's log is, the slow way. */
    private static final class Model {
        HardState hardState = HardState.INITIAL;
        long hardFile;
        long base;
        long baseTerm;
        long baseFile;
        final TreeMap<Long, long[]> entries = new TreeMap<>(); // term, file

        long last() {
            return entries.isEmpty() ? base : entries.lastKey();
        }

        long lastTerm() {
            return entries.lastEntry().getValue()[0];
        }

        boolean needs(long file) {
            return hardFile == file
                    || baseFile == file && base > 0
                    || entries.values().stream().anyMatch(each -> each[1] == file);
        }
    }

    private record Step(int file, Consumer<RangeHistory> act) {}

    private final Model model = new Model();
    private final List<Step> steps = new ArrayList<>();
    private int file = 1;
    private int collected;
    private int position = 100;

    private void step(Consumer<RangeHistory> act) {
        steps.add(new Step(file, act));
    }

    private long place() {
        return Place.of(file, position++);
    }

    private void append(Random random) {
        long first = model.base + 1 + random.nextInt((int) (model.last() - model.base + 1));
        long term = 1 + (model.entries.isEmpty() ? model.baseTerm : model.lastTerm());
        int count = 1 + random.nextInt(4);
        model.entries.tailMap(first, true).clear();
        for (long i = first; i < first + count; i++) {
            model.entries.put(i, new long[] {term, file});
            long index = i;
            long at = place();
            step(history -> history.append(index, term, at, 10));
        }
    }

    private void compact(Random random) {
        if (model.entries.isEmpty()) {
            return;
        }
        long index = model.base + 1 + random.nextInt(model.entries.size());
        long term = requireNonNull(model.entries.get(index))[0];
        model.entries.headMap(index, true).clear();
        model.base = index;
        model.baseTerm = term;
        model.baseFile = file;
        long at = place();
        step(history -> history.compact(index, term, at));
    }

    private void reset() {
        long index = model.last() + 7;
        long term = model.baseTerm + 100;
        model.entries.clear();
        model.base = index;
        model.baseTerm = term;
        model.baseFile = file;
        long at = place();
        step(history -> history.reset(index, term, at));
    }

    private void remove() {
        model.entries.clear();
        model.base = 0;
        model.baseTerm = 0;
        model.hardState = HardState.INITIAL;
        model.hardFile = 0;
        step(RangeHistory::removed);
    }

    private void hardState() {
        HardState state = new HardState(model.hardState.term() + 1, 1, 0);
        model.hardState = state;
        model.hardFile = file;
        long at = place();
        step(history -> history.hardState(state, at));
    }

    /** Everything of the oldest file is written once more, in pieces with other things between, then the file goes. */
    private void collect(Random random) {
        int oldest = collected + 1;
        if (oldest >= file) {
            return;
        }
        long base = model.base;
        long baseTerm = model.baseTerm;
        HardState hardState = model.hardState;
        List<Long> moving = new ArrayList<>();
        model.entries.forEach((index, entry) -> {
            if (entry[1] == oldest) {
                moving.add(index);
            }
        });
        long at = place();
        step(history -> {
            history.compact(base, baseTerm, at);
            if (!hardState.equals(HardState.INITIAL)) {
                history.hardState(hardState, at);
            }
        });
        model.baseFile = file;
        if (model.hardFile != 0) {
            model.hardFile = file;
        }
        for (long index : moving) {
            if (random.nextInt(4) == 0) {
                append(random);
                file += random.nextInt(2);
            }
            long[] entry = model.entries.get(index);
            if (entry != null && entry[1] == oldest) {
                entry[1] = file;
                long term = entry[0];
                long there = place();
                step(history -> history.moved(index, term, there, 10));
            }
        }
        assertThat(model.needs(oldest)).isFalse();
        collected = oldest;
    }

    private void randomSteps(Random random) {
        for (int i = 0; i < STEPS; i++) {
            switch (random.nextInt(12)) {
                case 0 -> compact(random);
                case 1 -> hardState();
                case 2, 3 -> collect(random);
                case 4, 5 -> file++;
                case 6 -> {
                    if (random.nextInt(4) == 0) {
                        reset();
                    }
                }
                case 7 -> {
                    if (random.nextInt(8) == 0) {
                        remove();
                    }
                }
                default -> append(random);
            }
        }
    }

    private void assertIsTheModel(RangeHistory history, String what) {
        assertThat(history.damage(Long::toString)).as(what).isEmpty();
        assertThat(history.hardState()).as(what).isEqualTo(model.hardState);
        assertThat(history.baseIndex()).as(what).isEqualTo(model.base);
        assertThat(history.baseTerm()).as(what).isEqualTo(model.baseTerm);
        assertThat(history.lastIndex()).as(what).isEqualTo(model.last());
        EntryPlaces entries = history.entries();
        assertThat(entries.first()).as(what).isEqualTo(model.base + 1);
        model.entries.forEach((index, entry) -> {
            assertThat(entries.term(index)).as(what).isEqualTo(entry[0]);
            assertThat(Place.cycle(entries.place(index))).as(what).isEqualTo((int) entry[1]);
        });
        assertThat(history.bytes()).as(what).isBetween(0L, model.entries.size() * 50L);
    }

    private RangeHistory replay(int from, int to) {
        RangeHistory history = new RangeHistory();
        steps.subList(from, to).forEach(step -> step.act().accept(history));
        return history;
    }

    @Test
    void itDoesNotMatterWhereALogIsCutNorHowMuchOfItWasCollected() {
        for (long seed = 0; seed < LOGS; seed++) {
            RangeHistoryTest log = new RangeHistoryTest();
            log.randomSteps(new Random(seed));
            int size = log.steps.size();
            int kept = 0;
            while (kept < size && log.steps.get(kept).file() <= log.collected) {
                kept++;
            }
            for (int from : new int[] {0, kept / 2, kept}) {
                log.assertIsTheModel(log.replay(from, size), "seed " + seed + " from " + from + " of " + size);
                for (int cut = from; cut <= size; cut++) {
                    log.assertIsTheModel(
                            log.replay(from, cut).then(log.replay(cut, size)),
                            "seed " + seed + " from " + from + " cut at " + cut);
                }
            }
        }
    }

    @Test
    void whatIsMissingIsNamed() {
        RangeHistory tail = new RangeHistory();
        tail.append(5, 1, Place.of(1, 100), 10);
        assertThat(tail.damage(Long::toString)).contains("entries 1 to 4 are missing");
        RangeHistory hole = new RangeHistory();
        hole.append(1, 1, Place.of(1, 100), 10);
        hole.append(4, 1, Place.of(1, 101), 10);
        assertThat(hole.damage(Long::toString)).contains("entries 2 to 3 are missing");
        RangeHistory committed = new RangeHistory();
        committed.append(1, 1, Place.of(1, 100), 10);
        committed.hardState(new HardState(1, 1, 3), Place.of(1, 100));
        assertThat(committed.damage(Long::toString)).contains("committed entries 2 to 3 are missing");
    }
}
