package io.flotilla.range.lifecycle;

import io.flotilla.config.kv.KvError;
import io.flotilla.range.routing.RangeDescriptor;

/** What asking for a split came to. */
public sealed interface SplitResult {
    /** There is a new border. */
    record Split(RangeDescriptor left, RangeDescriptor right) implements SplitResult {}

    /** The border was there before; nothing was changed. */
    record AlreadySplit(RangeDescriptor left, RangeDescriptor right) implements SplitResult {}

    /** No border was made, unless the error says that nobody knows; asking again is safe. */
    record Failed(KvError error) implements SplitResult {}
}
