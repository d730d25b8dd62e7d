package io.flotilla.node.snapshot;

/** How far a snapshot has come here; a crash may follow any of them. */
public enum SnapshotStep {
    /** The file for it is there, empty but for its head. */
    OPENED,
    /** One chunk is written, not yet durable. */
    CHUNK_WRITTEN,
    /** All of it is durable in the file, under the name of one that is not complete. */
    FORCED,
    /** It has the name of a complete one, durably. */
    COMPLETE,
    /** The old state is cleared, and a mark in the engine says that what is there now is half of something. */
    MARKED,
    /** One chunk is in the engine. */
    CHUNK_INSTALLED,
    /** The mark is gone and the applied index set, not yet durable. */
    INSTALLED,
    /** The new state is durable. */
    FLUSHED,
    /** The file is gone. */
    REMOVED;

    /** Is told of each step as it is done. Nothing here in earnest; tests stop the world. */
    @FunctionalInterface
    public interface Watch {
        Watch NONE = step -> {};

        void done(SnapshotStep step);
    }
}
