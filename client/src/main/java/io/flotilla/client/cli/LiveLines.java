package io.flotilla.client.cli;

import io.flotilla.client.load.Sample;

/** Prints a load's samples for people, with headings every so often. Used by one thread. */
final class LiveLines {
    private static final int LINES_PER_HEADING = 20;

    private final Output output;
    private long errors;
    private int lines;

    LiveLines(Output output) {
        this.output = output;
    }

    void print(Sample sample) {
        errors += sample.errors();
        if (lines++ % LINES_PER_HEADING == 0) {
            output.note(LoadLine.HEADINGS);
        }
        output.note(LoadLine.of(sample, errors));
    }
}
