package io.flotilla.node.replica;

/** Forgets a log's beginning. */
interface LogCompaction {
    void compact(long index, long term);
}
