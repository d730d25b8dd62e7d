/**
 * Identities that processes exchange: nodes and clusters.
 */
@NullMarked
package io.flotilla.config.id;

import org.jspecify.annotations.NullMarked;
