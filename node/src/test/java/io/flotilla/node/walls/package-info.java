/**
 * The walls between rooms, as tests. Decided here: who may know whom. Never here: behaviour. Comes in: the compiled classes and the source tree. Goes out:
 * a failure that says which wall was broken and why the wall stands.
 */
package io.flotilla.node.walls;
