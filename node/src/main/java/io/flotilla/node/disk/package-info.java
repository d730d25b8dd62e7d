/**
 * The disk under a store, as a port: what makes bytes durable and what tells of errors, in one place, so that a disk that fails, fills up or stands still
 * can be put under a real process.
 *
 * <p>Decided here: when a disk is too full for new data. Never here: what is in the files. Comes in: forces, writes, allocations. Goes out: errors at once;
 * a failed force is never tried again by anybody, since the pages it was about may be gone and the next one would say "fine".
 */
@NullMarked
package io.flotilla.node.disk;

import org.jspecify.annotations.NullMarked;
