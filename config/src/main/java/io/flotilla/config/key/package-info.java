/**
 * Keys, values and spans: the bytes users store and the order they are sorted in (unsigned lexicographic).
 *
 * <p>Decided here: how keys compare, and how the internal key space is laid out ({@link io.flotilla.config.key.KeySpace}).
 * Never here: which range a key lives in. Comes in: bytes. Goes out: immutable values, never copied between floors.
 */
@NullMarked
package io.flotilla.config.key;

import org.jspecify.annotations.NullMarked;
