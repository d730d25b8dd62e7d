package io.flotilla.client.cli.demo;

import org.jspecify.annotations.Nullable;

/**
 * What was asked for.
 *
 * @param ranges over which the accounts are spread before the load begins
 * @param portOffset above the default ports; null means free ports
 */
public record DemoSettings(
        int nodes,
        int ranges,
        int accounts,
        int clients,
        int seconds,
        boolean faults,
        @Nullable Integer portOffset) {}
