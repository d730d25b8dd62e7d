package io.flotilla.node.transport;

import io.flotilla.config.id.NodeId;
import io.flotilla.config.time.Timestamp;
import java.util.List;

/**
 * One arrived message of the main lane.
 *
 * @param unreadable how many more frames it had, that could not be read
 * @param fault what was wrong with the last of those
 */
record Envelope(Header header, List<Frame> frames, int unreadable, String fault) implements WireMessage {
    /**
     * @param to whom the sender believes to speak to; addresses are used again, identities are not
     * @param incarnation random, one per process start
     * @param clock the sender's hybrid clock when it packed the envelope, above all that the frames tell of
     * @param address the sender's Akka address, or empty when the receiver is presumed to know it
     */
    record Header(NodeId from, NodeId to, long incarnation, Timestamp clock, String address) {
        /** The same, as long in bytes, with a later reading. */
        Header at(Timestamp later) {
            return new Header(from, to, incarnation, later, address);
        }
    }
}
