package io.flotilla.node.transport.control;

/** What a control actor takes: messages of other nodes, and commands of its own. */
interface ControlCommand {}
