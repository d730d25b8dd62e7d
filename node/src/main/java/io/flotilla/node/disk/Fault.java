package io.flotilla.node.disk;

import java.util.Locale;
import java.util.Optional;

/** What can be the matter with a {@link FaultDisk}. */
public enum Fault {
    NONE,
    /** Nothing that writes or forces returns until the fault has gone. */
    STALL,
    /** Every force fails; what it was about may or may not be durable. */
    SYNC_ERROR,
    /** Every write and allocation fails. */
    WRITE_ERROR,
    /** Nothing more can be allocated, and no space is reported. */
    FULL;

    /** What a fault file says: the name in small letters with dashes; nothing at all is a stall. */
    static Optional<Fault> parse(String text) {
        String word = text.strip();
        if (word.isEmpty()) {
            return Optional.of(STALL);
        }
        for (Fault fault : values()) {
            if (fault.word().equals(word)) {
                return Optional.of(fault);
            }
        }
        return Optional.empty();
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
