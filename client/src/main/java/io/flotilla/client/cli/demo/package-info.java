/**
 * The demonstration: a cluster on this machine, a bank on it, faults in it, and the books afterwards.
 *
 * <p>Decided here: the plot (what happens when), what is shown, and when a run counts as passed. Never here: how a transfer is made or the books are
 * compared ({@code client.load}, {@code client.check}). Comes in: {@link io.flotilla.client.cli.demo.DemoSettings}. Goes out: lines for people and one
 * {@link io.flotilla.client.cli.demo.DemoReport}.
 */
@NullMarked
package io.flotilla.client.cli.demo;

import org.jspecify.annotations.NullMarked;
