package io.flotilla.node.transport.control;

/** What control actors say to each other. */
public interface ControlMessage {}
