/** How much is taken on at once, on both sides of a connection. */
@NullMarked
package io.flotilla.config.flow;

import org.jspecify.annotations.NullMarked;
