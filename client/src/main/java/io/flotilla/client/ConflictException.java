package io.flotilla.client;

import io.flotilla.config.txn.TxnId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Another transaction was in the way on each attempt until the deadline or the bound on attempts; nothing was committed. */
public final class ConflictException extends FlotillaException {
    private static final long serialVersionUID = 1L;

    private final byte[] key;
    private final transient @Nullable TxnId other;

    ConflictException(String message, byte[] key, @Nullable TxnId other) {
        super(ErrorCode.CONFLICT, message, true, false);
        this.key = key;
        this.other = other;
    }

    /** The key in dispute; empty if not known. */
    public byte[] key() {
        return key.clone();
    }

    /** The transaction that was in the way, if known. */
    public Optional<TxnId> other() {
        return Optional.ofNullable(other);
    }
}
