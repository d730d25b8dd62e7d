/**
 * Small language helpers: invariants that stay on in production.
 */
@NullMarked
package io.flotilla.config.lang;

import org.jspecify.annotations.NullMarked;
