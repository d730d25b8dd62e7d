package io.flotilla.node.replica;

import io.flotilla.node.mvcc.Mutation;
import io.flotilla.node.storage.Engine;
import io.flotilla.range.routing.RangeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * For tests: a store that applies something else than its peers. When the file named by the system property {@value #PROPERTY} holds the id of a range,
 * the next value that this range writes loses a bit on its way to the engine, once, and the file is removed.
 */
final class AppliedFault {
    static final String PROPERTY = "flotilla.fault.divergence-file";

    private static final AppliedFault NONE = new AppliedFault(Path.of(""));

    private final Path file;

    AppliedFault(Path file) {
        this.file = file;
    }

    /** Nothing at all, unless the process was started so. */
    static AppliedFault ofThisProcess() {
        String named = System.getProperty(PROPERTY, "");
        return named.isEmpty() ? NONE : new AppliedFault(Path.of(named));
    }

    /** The target itself, if nothing is to go wrong on the way to it. */
    Mutation.Target on(RangeId range, Mutation.Target target) {
        return this != NONE && Files.exists(file) ? new Flipping(range, target) : target;
    }

    private boolean strikes(RangeId range) {
        try {
            return Files.readString(file).trim().equals(Long.toString(range.value())) && Files.deleteIfExists(file);
        } catch (IOException gone) {
            return false;
        }
    }

    private final class Flipping implements Mutation.Target {
        private final RangeId range;
        private final Mutation.Target to;

        Flipping(RangeId range, Mutation.Target to) {
            this.range = range;
            this.to = to;
        }

        @Override
        public void put(Engine.Space space, byte[] key, byte[] value) {
            // Of a value for good: an intent's is replaced by what its leaseholder makes of it.
            if (space == Engine.Space.DATA && strikes(range)) {
                byte[] wrong = value.clone();
                wrong[wrong.length - 1] ^= 1;
                to.put(space, key, wrong);
            } else {
                to.put(space, key, value);
            }
        }

        @Override
        public void replace(Engine.Space space, byte[] key, byte[] value) {
            to.replace(space, key, value);
        }

        @Override
        public void delete(Engine.Space space, byte[] key) {
            to.delete(space, key);
        }
    }
}
