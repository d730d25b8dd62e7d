package io.flotilla.node.transport;

/** What {@link EnvelopeSerializer} is bound to. */
interface WireMessage {}
