/**
 * The client library: keys and values in, answers and typed errors out.
 *
 * <p>Decided here: which endpoint is asked, what is sent together, what is tried again and what is looked up, when time is up,
 * and what a transaction's own reads see of its buffered writes. Never here: where a key lives, who leads what, whether a
 * transaction commits. Comes in: calls of any number of threads. Goes out: the public protocol and nothing else.
 *
 * <p>One rule governs every retry. What is <em>proven not committed</em> is done again; what is <em>maybe committed</em> is
 * looked up under its id and fenced, never done again before the answer is final; what the application threw passes through.
 */
@NullMarked
package io.flotilla.client;

import org.jspecify.annotations.NullMarked;
