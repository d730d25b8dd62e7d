package io.flotilla.client.cli.fault;

/** Lets bytes pass, or holds them back. Thread-safe. */
final class Gate {
    private boolean closed;
    private boolean gone;

    synchronized void close() {
        closed = true;
    }

    synchronized void open() {
        closed = false;
        notifyAll();
    }

    /** Lets everybody go for good. */
    synchronized void abolish() {
        gone = true;
        notifyAll();
    }

    /** Returns when the gate is open. */
    synchronized void pass() throws InterruptedException {
        while (closed && !gone) {
            wait();
        }
    }
}
