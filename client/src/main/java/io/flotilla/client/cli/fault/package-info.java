/**
 * Faults that a command inflicts on the servers it started itself.
 *
 * <p>Decided here: how a process, a connection or a disk is made to fail, and made well again. Never here: when, and what is measured meanwhile. Comes
 * in: local servers. Goes out: signals, relays between their transports, and a file whose presence stalls a server's disk.
 */
@NullMarked
package io.flotilla.client.cli.fault;

import org.jspecify.annotations.NullMarked;
