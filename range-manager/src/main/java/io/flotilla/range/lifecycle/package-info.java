/**
 * Changes of ranges as step machines: split today; merge and replica changes to come.
 *
 * <p>Decided here: the steps, and what a descriptor becomes. Never here: how a transaction commits (a port does that), when to do it. Pure.
 */
@NullMarked
package io.flotilla.range.lifecycle;

import org.jspecify.annotations.NullMarked;
