/**
 * Tools for a stopped store, or for a copy of a damaged one: what is in its log, whether its log and its state are whole.
 *
 * <p>But for {@code rebuild}, nothing here changes a byte of what it looks at, and nothing here is used by a running node. Comes in: a data directory. Goes out: text or JSON,
 * and an exit code.
 */
@NullMarked
package io.flotilla.node.debug;

import org.jspecify.annotations.NullMarked;
