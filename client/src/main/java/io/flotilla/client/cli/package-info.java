/**
 * The command line: one class per command.
 *
 * <p>Decided here: what an operator types, what is printed, and the exit code ({@link io.flotilla.client.cli.ExitCode}). Never here: how a request
 * is routed, retried or committed; every command uses the public client library and nothing else. Comes in: arguments. Goes out: a table, or
 * JSON with a {@code schema} field, on standard output; four lines on standard error when something failed.
 */
@NullMarked
package io.flotilla.client.cli;

import org.jspecify.annotations.NullMarked;
