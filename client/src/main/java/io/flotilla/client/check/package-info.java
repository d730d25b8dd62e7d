/**
 * History checkers, pure: what clients saw and what is stored at the end, in; a verdict with findings, out. No clock, no threads, no
 * requests.
 */
@NullMarked
package io.flotilla.client.check;

import org.jspecify.annotations.NullMarked;
