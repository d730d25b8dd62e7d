package io.flotilla.node.log;

/** Where something lies in the log, in one long: the cycle file's number above, the position in the file below. Later is greater. */
final class Place {
    /** Before everything. */
    static final long NONE = 0;

    private Place() {}

    static long of(int cycle, long position) {
        return (long) cycle << Integer.SIZE | position;
    }

    static int cycle(long place) {
        return (int) (place >>> Integer.SIZE);
    }

    static int position(long place) {
        return (int) place;
    }
}
